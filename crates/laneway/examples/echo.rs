//! An echo server, and a client that checks it.
//!
//! `cargo run -p laneway --example echo` talks to itself; give an address to keep serving:
//! `cargo run -p laneway --example echo -- 127.0.0.1:7000`.

use std::io;

use laneway::{
    Runtime,
    net::{self, TcpListener, TcpStream},
    spawn,
};

fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .filter(|argument| argument.contains(':'));
    Runtime::new()?.block_on(async {
        match address {
            Some(address) => serve(net::listen_tcp(address).await?).await,
            None => talk_to_itself().await,
        }
    })
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    println!("echoing on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        spawn(async move {
            if let Err(error) = echo(&stream).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

async fn echo(stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}

async fn talk_to_itself() -> io::Result<()> {
    let listener = net::listen_tcp("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = spawn(serve(listener)).abort_on_drop();
    let stream = net::connect_tcp(address).await?;
    for line in ["one", "two", "three"] {
        stream.write_all(line.as_bytes()).await?;
        let mut answer = vec![0; line.len()];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer, line.as_bytes());
    }
    println!("the server answered every word");
    drop(server);
    Ok(())
}
