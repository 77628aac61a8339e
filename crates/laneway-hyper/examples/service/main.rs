//! The service of `cargo xtask demo`: small answers, a large streamed body, an echo, and work on the
//! blocking pool.
//!
//! `cargo run --release -p laneway-hyper --example service -- 127.0.0.1:8080`, then
//! `curl http://127.0.0.1:8080/hello`. It stops when its standard input ends.

mod answer;
mod made;

use std::io;

use hyper::service::service_fn;
use laneway::{Runtime, net, spawn_blocking};

fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let listener = net::listen_tcp(address).await?;
        println!("listening on {}", listener.local_addr()?);
        laneway_hyper::serve(listener, service_fn(answer::answer))
            .with_graceful_shutdown(end_of_input())
            .await
    })?;
    println!("answered what was asked; goodbye");
    Ok(())
}

/// Reading from the terminal blocks, so it happens on the blocking pool.
async fn end_of_input() {
    let read = spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink()));
    // However the reading ended, there is no more input.
    let _ = read.await;
}
