//! Connections that stop being HTTP.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::server::conn::auto::upgrade::downcast;
use laneway::{net::TcpStream, spawn};
use laneway_hyper::Io;

use crate::client::Client;
use crate::server::Server;

async fn upgrade(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let upgraded = hyper::upgrade::on(&mut request);
    spawn(async {
        let parts = downcast::<Io<TcpStream>>(upgraded.await.unwrap()).unwrap();
        echo(parts.io.into_inner(), &parts.read_buf).await
    });
    let answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "upgrade")
        .header("upgrade", "echo");
    Ok(answer.body(Empty::new()).unwrap())
}

async fn echo(stream: TcpStream, begun: &[u8]) -> std::io::Result<()> {
    stream.write_all(begun).await?;
    let mut buffer = [0; 64];
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..n]).await?;
    }
}

fn expect(client: &mut Client, word: &str) {
    let mut echoed = vec![0; word.len()];
    client.read_exact(&mut echoed);
    assert_eq!(echoed, word.as_bytes());
}

#[test]
fn an_upgraded_connection_belongs_to_the_service() {
    let mut server = Server::start(service_fn(upgrade));
    let mut client = Client::connect(server.address);
    // The first word of the new protocol comes with the head.
    client.send("GET / HTTP/1.1\r\nhost: t\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nearly");
    assert_eq!(client.head().status, 101);
    expect(&mut client, "early");
    client.send("late");
    expect(&mut client, "late");

    // The server does not wait for it.
    server.stop();
    server.wait().unwrap();
    client.send("later");
    expect(&mut client, "later");
}
