//! An echo server on an executor that knows nothing of this crate: `futures::executor`. The reactor is
//! turned by a thread of the program's own.
//!
//! `cargo run -p laneway-reactor --example foreign_echo`

use std::io;
use std::thread;

use futures::channel::oneshot;
use futures::executor::{LocalPool, LocalSpawner};
use futures::task::LocalSpawnExt;
use laneway_reactor::net::{TcpListener, TcpStream};
use laneway_reactor::{Handle, Reactor};

fn main() -> io::Result<()> {
    run()?;
    println!("the server answered every word");
    Ok(())
}

/// Starts the reactor's thread, talks to the server, stops the thread.
pub(crate) fn run() -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    let handle = reactor.handle();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = thread::spawn(move || reactor.run_until(stopped));

    let mut executor = LocalPool::new();
    let result = executor.run_until(talk(handle, executor.spawner()));

    drop(stop);
    let _ = thread.join().expect("the reactor does not panic")?;
    result
}

async fn talk(handle: Handle, spawner: LocalSpawner) -> io::Result<()> {
    let listener = TcpListener::bind(&handle, "127.0.0.1:0".parse().unwrap())?;
    let addr = listener.local_addr()?;
    let served = spawner
        .spawn_local_with_handle(serve(listener))
        .expect("the pool is there");
    let stream = TcpStream::connect(&handle, addr).await?;
    for word in ["one", "two", "three"] {
        stream.write_all(word.as_bytes()).await?;
        let mut answer = vec![0; word.len()];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer, word.as_bytes());
    }
    drop(stream);
    served.await
}

/// Answers one client.
async fn serve(listener: TcpListener) -> io::Result<()> {
    let (stream, _) = listener.accept().await?;
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}
