//! TCP echo under a load generator, which is another process.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::Result;
use crate::load::{self, BEGIN};
use crate::runtime::{Listener, Runtime, Stream};
use crate::sample::{Sample, Stopwatch};
use crate::signal::Slot;

/// Larger than a message, as a server's buffer is.
const BUFFER: usize = 1024;

/// Echoes for so many connections, and counts CPU time of this process for each request.
///
/// # Errors
///
/// If the load generator fails.
pub fn echo<R: Runtime>(connections: usize) -> Result<Sample> {
    let runtime = R::new();
    let end = Arc::new(Slot::default());
    let (results, result) = mpsc::channel();
    runtime.block_on(async {
        let listener = R::listen()?;
        let addr = listener.local_addr()?;
        let thread_end = end.clone();
        thread::spawn(move || {
            // The receiver outlives the runtime.
            let _ = results.send(measure(addr, connections));
            thread_end.put(1);
        });
        R::detach(async move {
            while let Ok(stream) = listener.accept().await {
                // A connection ends when the generator closes it; how, does not matter.
                R::detach(async move { drop(serve(stream).await) });
            }
        });
        end.take().await;
        io::Result::Ok(())
    })?;
    result.recv()?
}

async fn serve(mut stream: impl Stream) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}

/// Runs the generator, and reads what it says.
fn measure(addr: SocketAddr, connections: usize) -> Result<Sample> {
    let mut generator = Command::new(env::current_exe()?)
        .args(["load", &addr.to_string(), &connections.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let output = generator
        .stdout
        .take()
        .ok_or("the generator has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut next = || lines.next().unwrap_or(Ok(String::new()));
    let begins = next()? == BEGIN;
    let watch = Stopwatch::start();
    let end = next()?;
    let cpu = watch.cpu();
    let status = generator.wait()?;
    let outcome = load::Outcome::parse(&end).filter(|_| begins && status.success());
    let outcome = outcome.ok_or_else(|| format!("the load generator failed: {status}"))?;
    let requests = outcome.requests as f64;
    Ok(Sample::default()
        .with("cpu_ns_op", cpu.as_nanos() as f64 / requests)
        .with("req_s", requests / load::MEASURED.as_secs_f64())
        .with("p50_ns", outcome.p50_ns)
        .with("p99_ns", outcome.p99_ns))
}
