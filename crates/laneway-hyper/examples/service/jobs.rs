//! Background jobs that take every core: pack, hash and sort a log, for ever; and one more that does not
//! yield for a second at a time.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use laneway::Handle;
use laneway::task::{Builder, Priority, yield_now};
use sha2::{Digest, Sha256};

/// Tasks of each kind.
const EACH: usize = 4;

/// Bytes of a log. Packing it takes some milliseconds, and nobody yields meanwhile.
const LOG: usize = 256 << 10;

/// How long the one that does not yield keeps its thread.
const STUBBORN: Duration = Duration::from_secs(1);

/// What the jobs have done so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done(Arc<AtomicU64>);

impl Done {
    /// In seconds of work, of a core that does nothing else.
    pub(crate) fn seconds(&self) -> f64 {
        self.0.load(Relaxed) as f64 / 1e9
    }
}

/// Starts them.
pub(crate) fn start(handle: &Handle) -> io::Result<Done> {
    let done = Done::default();
    let log: Arc<[u8]> = make_log(LOG).into();
    let mut jobs = Vec::new();
    for kind in [pack, hash, sort] {
        jobs.push(Job::new(kind, &log, &done)?);
    }
    let spawn = |name: &'static str, task| {
        let builder = Builder::new().name(name).priority(Priority::Background);
        drop(handle.spawn_with(builder, task));
    };
    for job in jobs.iter().cycle().take(EACH * jobs.len()) {
        spawn("job", run(job.clone(), Duration::ZERO));
    }
    spawn("stubborn job", run(jobs[2].clone(), STUBBORN));
    Ok(done)
}

/// Works, and yields after each round; but not before it has worked for so long.
async fn run(job: Job, stubbornness: Duration) {
    loop {
        let start = Instant::now();
        loop {
            job.round().expect("memory can be written to");
            if start.elapsed() >= stubbornness {
                break;
            }
        }
        yield_now().await;
    }
}

#[derive(Clone)]
struct Job {
    work: fn(&[u8]) -> io::Result<u64>,
    log: Arc<[u8]>,
    /// What one round takes on a core that does nothing else.
    nanos: u64,
    done: Done,
}

impl Job {
    fn new(work: fn(&[u8]) -> io::Result<u64>, log: &Arc<[u8]>, done: &Done) -> io::Result<Self> {
        let mut nanos = u64::MAX;
        // The best of a few: neighbours only ever slow it down.
        for _ in 0..10 {
            let start = Instant::now();
            std::hint::black_box(work(log)?);
            nanos = nanos.min(start.elapsed().as_nanos() as u64);
        }
        Ok(Self {
            work,
            log: log.clone(),
            nanos,
            done: done.clone(),
        })
    }

    fn round(&self) -> io::Result<()> {
        std::hint::black_box((self.work)(&self.log)?);
        self.done.0.fetch_add(self.nanos, Relaxed);
        Ok(())
    }
}

fn pack(log: &[u8]) -> io::Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(log)?;
    Ok(encoder.finish()?.len() as u64)
}

fn hash(log: &[u8]) -> io::Result<u64> {
    let digest = Sha256::digest(log);
    Ok(u64::from(digest[0]))
}

/// Sorts the lines by what stands behind their first blank.
fn sort(log: &[u8]) -> io::Result<u64> {
    let mut lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable_by_key(|line| line.splitn(2, |byte| *byte == b' ').nth(1));
    Ok(lines[lines.len() / 2].len() as u64)
}

/// The log of a server: times that grow, few paths, many clients.
fn make_log(bytes: usize) -> Vec<u8> {
    const PATHS: [&str; 6] = [
        "/",
        "/login",
        "/api/orders",
        "/api/orders/search",
        "/static/app.css",
        "/health",
    ];
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |limit: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % limit
    };
    let (mut log, mut micros) = (Vec::with_capacity(bytes + 128), 0);
    while log.len() < bytes {
        micros += below(900);
        let (network, client) = (below(40), below(250));
        let path = PATHS[(below(36) as f64).sqrt() as usize];
        let (status, taken) = (if below(50) == 0 { 404 } else { 200 }, below(40_000));
        let line = format!("{micros:012} 10.0.{network}.{client} GET {path} {status} {taken}us\n");
        log.extend(line.as_bytes());
    }
    log.truncate(bytes);
    log
}
