//! An echo server with one runtime a core, sharing nothing: state is `Rc` and `Cell`, not `Arc` and
//! locks, because a task never leaves its thread.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use laneway::{
    LocalRuntime, Runtime,
    net::{self, TcpListener, TcpStream},
    pin_to_core, spawn_local,
};

const CONNECTIONS: usize = 8;

fn main() -> io::Result<()> {
    let cores = thread::available_parallelism()?.get().min(4);
    let (addresses, bound) = mpsc::channel();
    let shards: Vec<_> = (0..cores)
        .map(|core| {
            let addresses = addresses.clone();
            thread::spawn(move || serve_on(core, &addresses))
        })
        .collect();

    // One client for all shards.
    let shard_addresses: Vec<SocketAddr> = bound.iter().take(cores).collect();
    Runtime::new()?.block_on(async {
        for address in shard_addresses {
            for i in 0..CONNECTIONS {
                let stream = net::connect_tcp(address).await?;
                stream.write_all(&[i as u8]).await?;
                let mut answer = [0];
                stream.read_exact(&mut answer).await?;
                assert_eq!(answer, [i as u8]);
            }
        }
        io::Result::Ok(())
    })?;
    for shard in shards {
        let served = shard.join().expect("no shard panics")?;
        assert_eq!(served, CONNECTIONS);
    }
    println!("{cores} shards served {CONNECTIONS} connections each");
    Ok(())
}

/// A shard: its own thread, core, runtime, listener and count. Returns how many it served.
fn serve_on(core: usize, addresses: &mpsc::Sender<SocketAddr>) -> io::Result<usize> {
    if let Err(error) = pin_to_core(core) {
        println!("shard {core} runs anywhere: {error}");
    }
    let runtime = LocalRuntime::new()?;
    let served = Rc::new(Cell::new(0));
    runtime.block_on(async {
        let listener = net::listen_tcp("127.0.0.1:0").await?;
        addresses
            .send(listener.local_addr()?)
            .expect("main waits for addresses");
        accept(&listener, &served).await
    })?;
    Ok(served.get())
}

async fn accept(listener: &TcpListener, served: &Rc<Cell<usize>>) -> io::Result<()> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let (stream, _peer) = listener.accept().await?;
        let served = served.clone();
        connections.push(spawn_local(async move {
            let result = echo(&stream).await;
            served.set(served.get() + 1);
            result
        }));
    }
    for connection in connections {
        connection.await.expect("no connection panics")?;
    }
    Ok(())
}

async fn echo(stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}
