//! The runtime that is watched: it holds the connections, and all that is done beside them.

use std::env;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use laneway::net::{TcpListener, TcpStream};
use laneway::task::{Builder, Priority};
use laneway::{Runtime, net, spawn, time};

use crate::figures::{TOO_LATE, print_head};
use crate::memory::{Memory, open_files, threads};
use crate::watchdog::Watchdog;
use crate::{Plan, churn};

/// A shutdown of all this takes no longer.
const SHUTDOWN: Duration = Duration::from_secs(30);

/// How many connections are open, and how many there were.
#[derive(Debug, Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
    ever: AtomicUsize,
    lost: AtomicUsize,
}

/// Runs it; whether all is well.
pub(crate) fn run(plan: Plan) -> bool {
    println!(
        "{} connections for {:?}, seed {}",
        plan.connections, plan.length, plan.seed
    );
    let (files_before, threads_before) = (open_files(), threads());
    let runtime = Runtime::builder()
        .threads(2)
        .build()
        .expect("a runtime can be built");
    let held = Arc::new(Held::default());
    let listener = runtime
        .block_on(net::listen_tcp("127.0.0.1:0"))
        .expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    runtime.spawn(accept(listener, held.clone()));
    let churn = churn::start(runtime.handle(), plan.seed);
    let watchdog = Watchdog::start(runtime.handle());
    let (clients_are_well, report, memory) = watch_clients(plan, address);

    print!("{report}");
    print_head();
    churn.timers.print("a timer of 1 to 100 ms is late");
    churn.blocking.print("a closure that blocks 0 to 2 ms");
    churn.aborts.print("an aborted task of the main lane");
    let machine = watchdog.machine();
    watchdog.finish();
    let core_share = churn.background.load(Relaxed) as f64 / 10.0 / plan.length.as_secs_f64();
    println!("work of the background lane: {core_share:.1} % of a core");
    let count = |count: &AtomicUsize| count.load(Relaxed);
    let (most, ever, lost) = (count(&held.most), count(&held.ever), count(&held.lost));
    println!("connections: {most} at once, {ever} in all, {lost} lost");
    let is_flat = memory.print("memory of the server");

    let start = Instant::now();
    let is_complete = runtime.shutdown_timeout(SHUTDOWN).is_complete();
    let shutdown = start.elapsed();
    // Threads of the blocking pool have done their last, and may be a moment from their end.
    while threads() > threads_before && start.elapsed() < shutdown + TOO_LATE {
        thread::yield_now();
    }
    let (files, threads) = (open_files(), threads());
    println!(
        "shutdown: {shutdown:.1?}, {:+} descriptors, {:+} threads",
        files as isize - files_before as isize,
        threads as isize - threads_before as isize
    );
    let in_time = [&churn.timers, &churn.blocking, &churn.aborts]
        .iter()
        .all(|times| times.longest() < TOO_LATE + machine);
    let checks = [
        ("all answers came, in time", clients_are_well),
        (
            "no timer was early, no result wrong",
            churn.wrong.load(Relaxed) == 0,
        ),
        ("nothing was late by a second", in_time),
        (
            "all connections were held, none lost",
            most >= plan.connections && lost == 0,
        ),
        ("memory is flat", is_flat),
        ("the shutdown was complete", is_complete),
        (
            "nothing is left",
            files == files_before && threads == threads_before,
        ),
    ];
    for (what, is_so) in checks {
        println!("{} {what}", if is_so { "ok    " } else { "FAILED" });
    }
    checks.iter().all(|(_, is_so)| *is_so)
}

async fn accept(listener: TcpListener, held: Arc<Held>) {
    let mut priorities = [Priority::Normal, Priority::Normal, Priority::Critical]
        .iter()
        .cycle();
    while let Ok((stream, _)) = listener.accept().await {
        let priority = *priorities.next().expect("it has no end");
        let now = held.now.fetch_add(1, Relaxed) + 1;
        held.most.fetch_max(now, Relaxed);
        held.ever.fetch_add(1, Relaxed);
        let held = held.clone();
        let serving = Builder::new().priority(priority).spawn(async move {
            let is_well = echo(stream).await.is_ok();
            held.now.fetch_sub(1, Relaxed);
            if !is_well {
                held.lost.fetch_add(1, Relaxed);
            }
        });
        drop(serving);
    }
}

/// Echoes until the client ends the connection; an idle one is given up after a minute.
async fn echo(stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let reading = time::timeout(Duration::from_secs(60), stream.read(&mut buffer));
        let count = match reading.await {
            Ok(read) => read?,
            Err(_) => return Err(std::io::ErrorKind::TimedOut.into()),
        };
        if count == 0 {
            return Ok(());
        }
        // Now and then another task answers.
        if buffer[0] % 16 == 0 {
            let answer = async move { stream.write_all(&buffer[..count]).await.map(|()| stream) };
            return Box::pin(echo_on(spawn(answer).await.expect("it does not panic")?)).await;
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn echo_on(stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

/// Starts the clients, and looks at the memory until they are through. Returns whether they were well,
/// and what they say.
fn watch_clients(plan: Plan, address: SocketAddr) -> (bool, String, Memory) {
    let arguments = [plan.length.as_secs(), plan.connections as u64, plan.seed];
    let mut clients = Command::new(env::current_exe().expect("it has a path"))
        .args(arguments.map(|argument| argument.to_string()))
        .arg(address.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can start itself");
    let mut memory = Memory::default();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = clients.try_wait().expect("they are its children") {
            break status;
        }
        thread::sleep(Duration::from_millis(500)); // why: samples are taken by the clock.
        if start.elapsed() < plan.length {
            memory.sample(start.elapsed());
        }
    };
    let mut report = String::new();
    let mut stdout = clients.stdout.take().expect("it is piped");
    stdout.read_to_string(&mut report).expect("text");
    (status.success(), report, memory)
}
