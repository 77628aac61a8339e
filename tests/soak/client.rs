//! The other ends of the connections: each sends a message now and then, and waits for its echo.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use laneway::net::{self, TcpStream};
use laneway::task::JoinSet;
use laneway::{LocalRuntime, time};

use crate::Plan;
use crate::figures::{TOO_LATE, Times, print_head};
use crate::memory::Memory;
use crate::random::Random;
use crate::watchdog::Watchdog;

/// A client that waits so long for an answer gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two messages of a connection, on average.
const PAUSE: Duration = Duration::from_secs(2);

/// One message of so many is the last of its connection, and another is opened.
const LAST_OF: u64 = 200;

#[derive(Debug, Default)]
struct Tally {
    answers: Times,
    errors: AtomicUsize,
    ends: AtomicBool,
}

/// Runs them; whether all is well.
pub(crate) fn run(plan: Plan, server: SocketAddr) -> bool {
    let runtime = LocalRuntime::new().expect("a runtime can be built");
    let watchdog = Watchdog::start(runtime.handle());
    let tally = Arc::new(Tally::default());
    let mut memory = Memory::default();
    runtime.block_on(async {
        let start = Instant::now();
        let mut clients = JoinSet::new();
        for number in 0..plan.connections {
            let random = Random::new(plan.seed + number as u64);
            clients.spawn(client(server, tally.clone(), random));
            // Not all at once: a listener's backlog is short.
            if number % 16 == 15 {
                time::sleep(Duration::from_millis(1)).await;
            }
        }
        while start.elapsed() < plan.length {
            time::sleep(Duration::from_millis(500)).await;
            memory.sample(start.elapsed());
        }
        tally.ends.store(true, Relaxed);
        while let Some((_, result)) = clients.join_next().await {
            result.expect("a client does not panic");
        }
    });
    println!("the clients:");
    print_head();
    tally.answers.print("an answer");
    let machine = watchdog.machine();
    watchdog.finish();
    let errors = tally.errors.load(Relaxed);
    println!("errors: {errors}");
    let is_flat = memory.print("memory of the clients");
    println!("the server:");
    errors == 0 && is_flat && tally.answers.longest() < TOO_LATE + machine
}

async fn client(server: SocketAddr, tally: Arc<Tally>, mut random: Random) {
    while !tally.ends.load(Relaxed) {
        if connection(server, &tally, &mut random).await.is_err() {
            tally.errors.fetch_add(1, Relaxed);
        }
    }
}

/// Talks over one connection until its last message.
async fn connection(server: SocketAddr, tally: &Tally, random: &mut Random) -> std::io::Result<()> {
    let stream: TcpStream = time::timeout(PATIENCE, net::connect_tcp(server)).await??;
    while !tally.ends.load(Relaxed) {
        let pause = random.below(2 * PAUSE.as_micros() as u64);
        time::sleep(Duration::from_micros(pause)).await;
        let mut message = vec![0; 1 + random.below(256) as usize];
        message.fill_with(|| random.below(256) as u8);
        let start = Instant::now();
        let mut answer = vec![0; message.len()];
        time::timeout(PATIENCE, async {
            stream.write_all(&message).await?;
            stream.read_exact(&mut answer).await
        })
        .await??;
        tally.answers.add(start.elapsed());
        if answer != message {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        if random.below(LAST_OF) == 0 {
            return Ok(());
        }
    }
    Ok(())
}
