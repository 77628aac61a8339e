//! Requests and their answers.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Incoming},
};
use laneway::{spawn_blocking, time::timeout};

use crate::made::{StreamBody, hash, work};

/// More than this is not echoed.
const MAX_ECHO: usize = 16 << 20;

/// A body may take so long to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

type Answer = Response<Either<Full<Bytes>, StreamBody>>;

/// Never fails: a bad request has an answer too.
pub(crate) async fn answer(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let path = request.uri().path();
    let answer = match (request.method(), path) {
        (&Method::GET, "/hello") => Ok(hashed(Bytes::from_static(b"hello, world\n"))),
        (&Method::GET, "/stream") => stream(&request),
        (&Method::GET, "/work") => compute(&request).await,
        (&Method::POST, "/echo") => echo(request).await,
        (_, "/hello" | "/stream" | "/work" | "/echo") => Err(StatusCode::METHOD_NOT_ALLOWED),
        _ => Err(StatusCode::NOT_FOUND),
    };
    Ok(answer.unwrap_or_else(refusal))
}

fn stream(request: &Request<Incoming>) -> Result<Answer, StatusCode> {
    let body = StreamBody::new(number(request, "seed")?, number(request, "bytes")?);
    Ok(Response::new(Either::Right(body)))
}

async fn compute(request: &Request<Incoming>) -> Result<Answer, StatusCode> {
    let (rounds, seed) = (number(request, "rounds")?, number(request, "seed")?);
    match spawn_blocking(move || work(rounds, seed)).await {
        Ok(result) => Ok(hashed(Bytes::from(format!("{result:016x}")))),
        Err(error) if error.is_rejected() => Err(StatusCode::SERVICE_UNAVAILABLE),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn echo(request: Request<Incoming>) -> Result<Answer, StatusCode> {
    let announced = request.body().size_hint().lower();
    if announced > MAX_ECHO as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match timeout(
        BODY_TIMEOUT,
        Limited::new(request.into_body(), MAX_ECHO).collect(),
    )
    .await
    {
        Ok(Ok(body)) => Ok(hashed(body.to_bytes())),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_elapsed) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// A whole body, with its hash in the head.
fn hashed(body: Bytes) -> Answer {
    let hash = format!("{:016x}", hash(&body));
    let mut answer = Response::new(Either::Left(Full::new(body)));
    let value = hash.try_into().expect("digits make a header");
    answer.headers_mut().insert("x-hash", value);
    answer
}

fn refusal(status: StatusCode) -> Answer {
    let mut answer = Response::new(Either::Left(Full::default()));
    *answer.status_mut() = status;
    answer
}

/// A parameter of the query.
fn number(request: &Request<Incoming>, name: &str) -> Result<u64, StatusCode> {
    let query = request.uri().query().unwrap_or_default();
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    value
        .and_then(|value| value.parse().ok())
        .ok_or(StatusCode::BAD_REQUEST)
}
