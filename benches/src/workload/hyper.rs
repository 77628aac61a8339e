//! HTTP/1.1 with hyper under a load generator, which is another process.

use std::convert::Infallible;

use hyper::body::Incoming;
use hyper::{Request, Response};

use super::Effort;
use super::echo::under_load;
use crate::Result;
use crate::load::{BODY, Load, Protocol};
use crate::runtime::Runtime;
use crate::sample::Sample;

/// Answers on so many connections, and counts CPU time of this process for each request.
///
/// # Errors
///
/// If hyper does not run on the runtime, or the load generator fails.
pub fn hyper<R: Runtime>(effort: Effort) -> Result<Sample> {
    let load = Load {
        connections: effort.size,
        protocol: Protocol::Http,
        window: effort.window,
    };
    under_load::<R, _>(load, |listener| {
        let server = R::serve_http(listener);
        async move {
            match server {
                Some(server) => server.await,
                None => unreachable!("who cannot is not asked"),
            }
        }
    })
}

/// The service.
///
/// # Errors
///
/// None.
pub async fn hello(_: Request<Incoming>) -> std::result::Result<Response<String>, Infallible> {
    Ok(Response::new(BODY.to_string()))
}
