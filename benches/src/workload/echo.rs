//! TCP echo under a load generator, which is another process.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::load::{self, BEGIN, Load, Protocol};
use crate::runtime::{Echo, Listener, Runtime};
use crate::sample::{Sample, Stopwatch};
use crate::signal::Slot;
use crate::workload::Effort;
use crate::{Result, machine};

/// Echoes messages of so many bytes, and counts CPU time of this process for each request. The size is
/// that of the connections.
///
/// # Errors
///
/// If the load generator fails.
pub fn echo<R: Runtime>(message: usize, effort: Effort) -> Result<Sample> {
    let load = Load {
        connections: effort.size,
        protocol: Protocol::Echo(message),
        window: effort.window,
    };
    under_load::<R, _>(load, move |listener| async move {
        while let Ok(stream) = listener.accept().await {
            // A connection ends when the generator closes it; how, does not matter.
            R::detach(async move { drop(stream.echo(buffer(message)).await) });
        }
    })
}

/// Larger than a message, as a server's buffer is.
pub fn buffer(message: usize) -> usize {
    (2 * message).max(1024)
}

/// Measures a server under load, which is a task.
///
/// # Errors
///
/// If the load generator fails.
pub fn under_load<R: Runtime, F>(
    load: Load,
    server: impl FnOnce(R::Listener) -> F,
) -> Result<Sample>
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = R::new();
    let end = Arc::new(Slot::default());
    let (results, result) = mpsc::channel();
    runtime.block_on(async {
        let listener = R::listen()?;
        let addr = listener.local_addr()?;
        let thread_end = end.clone();
        thread::spawn(move || {
            // The receiver outlives the runtime.
            let _ = results.send(measure(addr, load));
            thread_end.put(1);
        });
        R::detach(server(listener));
        end.take().await;
        io::Result::Ok(())
    })?;
    result.recv()?
}

/// Runs the generator, and reads what it says, on a thread beside the server.
///
/// # Errors
///
/// If the load generator fails.
pub fn measure(addr: SocketAddr, load: Load) -> Result<Sample> {
    // The generator inherits the limit.
    machine::allow_connections(load.connections)?;
    let mut generator = Command::new(env::current_exe()?)
        .args(["load", &addr.to_string()])
        .args(load.to_arguments())
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
        .with("req_s", requests / load.window.as_secs_f64())
        .with("req_cpu_s", requests / cpu.as_secs_f64())
        .with("p50_ns", outcome.p50_ns)
        .with("p99_ns", outcome.p99_ns))
}
