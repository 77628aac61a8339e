//! The service of `cargo xtask demo`: small answers, a large streamed body, an echo, and work on the
//! blocking pool; and, if asked to, background jobs that take every core.
//!
//! `cargo run --release -p laneway-hyper --example service -- 127.0.0.1:8080 lanes`, then
//! `curl http://127.0.0.1:8080/hello`. It stops when its standard input ends.

mod answer;
mod jobs;
mod made;

use std::io::{self, BufRead};

use hyper::service::service_fn;
use laneway::scheduler::Fifo;
use laneway::task::{Builder, Priority};
use laneway::{Runtime, net, spawn_blocking};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let way = arguments.next();
    let runtime = runtime(way.as_deref())?;
    let done = match way {
        Some(_) => jobs::start(runtime.handle())?,
        None => jobs::Done::default(),
    };
    // Whoever is accepted is served by a task that is as urgent as this one.
    let critical = Builder::new().priority(Priority::Critical);
    let server = runtime.spawn_with(critical, async {
        let listener = net::listen_tcp(address).await?;
        println!("listening on {}", listener.local_addr()?);
        laneway_hyper::serve(listener, service_fn(answer::answer))
            .with_graceful_shutdown(end_of_input(done))
            .await
    });
    runtime.block_on(server).map_err(io::Error::other)??;
    println!("answered what was asked; goodbye");
    Ok(())
}

/// The runtime, in one of three ways: tasks in order of arrival; the most urgent task first; and
/// threads of their own for what is not urgent, as it is by default.
fn runtime(way: Option<&str>) -> io::Result<Runtime> {
    let builder = Runtime::builder();
    match way {
        Some("fifo") => builder.one_lane().scheduler(Fifo::new).build(),
        Some("classes") => builder.one_lane().build(),
        Some("lanes") | None => builder.build(),
        Some(other) => Err(io::Error::other(format!(
            "`{other}` is no way to run tasks"
        ))),
    }
}

/// Answers each line of the input with what the jobs have done. Reading from the terminal blocks, so it
/// happens on the blocking pool.
async fn end_of_input(done: jobs::Done) {
    let read = spawn_blocking(move || {
        for _line in io::stdin().lock().lines().map_while(Result::ok) {
            println!("jobs {:.3}", done.seconds());
        }
    });
    // However the reading ended, there is no more input.
    let _ = read.await;
}
