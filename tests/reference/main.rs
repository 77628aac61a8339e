//! Small programs that use all of a runtime and end: they are run under valgrind, and with system calls
//! that fail.
//!
//! Each ends with status 0, or with 3 and an error of the system's: never with a panic, never not.

use std::env;
use std::future::pending;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use laneway::task::{Builder, Priority, yield_now};
use laneway::{LocalRuntime, Runtime, net, spawn, spawn_blocking, time};

/// The status of a program that the system has refused something.
const REFUSED: u8 = 3;

/// The clients are given up after this.
const LIMIT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    let result = match name.as_str() {
        "echo" => echo(),
        "runtimes" => (0..20).try_for_each(|_| runtimes()),
        "blocking" => blocking(),
        _ => Err(io::Error::other("reference echo|runtimes|blocking")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(REFUSED)
        }
    }
}

/// Clients and servers talk; what a client is refused ends that client, and is told.
fn echo() -> io::Result<()> {
    let runtime = Runtime::builder().threads(2).build()?;
    runtime.block_on(async {
        let listener = net::listen_tcp("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = spawn(async move {
            loop {
                // Refused for now: those who wait are served when that is over.
                let Ok((stream, _)) = listener.accept().await else {
                    time::sleep(Duration::from_millis(1)).await;
                    continue;
                };
                drop(spawn(async move {
                    let mut buffer = [0; 256];
                    loop {
                        let count = stream.read(&mut buffer).await?;
                        if count == 0 {
                            return io::Result::Ok(());
                        }
                        stream.write_all(&buffer[..count]).await?;
                    }
                }));
            }
        })
        .abort_on_drop();
        let clients: Vec<_> = (0..8_u8)
            .map(|number| {
                spawn(async move {
                    let stream = net::connect_tcp(address).await?;
                    for _ in 0..4 {
                        stream.write_all(&[number; 100]).await?;
                        let mut answer = [0; 100];
                        stream.read_exact(&mut answer).await?;
                        assert_eq!(answer, [number; 100]);
                        time::sleep(Duration::from_millis(1)).await;
                    }
                    io::Result::Ok(())
                })
            })
            .collect();
        let ends = async {
            let mut result = Ok(());
            for client in clients {
                result = result.and(client.await.expect("a client does not panic"));
            }
            result
        };
        // A connection that the system has broken may leave its other end waiting.
        let result = time::timeout(LIMIT, ends).await;
        let result = result.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        drop(server);
        result
    })
}

/// A runtime goes with everything in flight.
fn runtimes() -> io::Result<()> {
    let runtime = Runtime::builder().threads(2).build()?;
    for priority in Priority::ALL {
        let task = Builder::new().priority(priority);
        drop(runtime.spawn_with(task, async { time::sleep(Duration::from_secs(3600)).await }));
    }
    drop(runtime.spawn(pending::<()>()));
    drop(runtime.spawn_blocking(|| ()));
    runtime.block_on(async { spawn(yield_now()).await.expect("it does not panic") });
    drop(runtime);
    let local = LocalRuntime::new()?;
    drop(local.spawn_local(pending::<()>()));
    local.block_on(async { time::sleep(Duration::from_micros(100)).await });
    Ok(())
}

/// Closures, aborts, and panics.
fn blocking() -> io::Result<()> {
    let runtime = Runtime::builder().threads(2).blocking_threads(4).build()?;
    runtime.block_on(async {
        let closures: Vec<_> = (0..64)
            .map(|number| spawn_blocking(move || number))
            .collect();
        for (number, closure) in closures.into_iter().enumerate() {
            match closure.await {
                Ok(result) => assert_eq!(result, number),
                // There is no thread for it.
                Err(error) if error.is_rejected() => return Err(io::Error::other(error)),
                Err(error) => panic!("{error}"),
            }
        }
        let aborted = spawn(pending::<()>());
        aborted.abort();
        assert!(aborted.await.expect_err("it was aborted").is_cancelled());
        let panicked = spawn(async { std::panic::resume_unwind(Box::new("boom")) });
        let panicked: Result<(), _> = panicked.await;
        assert!(panicked.is_err());
        Ok(())
    })
}
