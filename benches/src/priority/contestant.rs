//! Who is measured: runtimes, and plain threads as the floor.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use laneway::task::Priority;

use super::floor::Floor;
use super::lanes::{self, Lanes};
use super::work::{Job, Meter, spin};
use crate::Result;
use crate::runtime::{Listener, Runtime, Stream};

/// Bytes of a request, and of its answer.
pub const MESSAGE: usize = 64;

/// What a contestant can be asked to do, all at once.
pub trait Contestant: Send {
    /// Answers on a TCP port, and tells which; each request takes so many steps of work.
    fn serve(&self, steps: u64, address: Sender<SocketAddr>);

    /// Sleeps until each deadline of `ticks`, and notes how late it was.
    fn tick(&self, ticks: Arc<Ticks>);

    /// Starts jobs that never end, in polls of so many steps.
    fn press(&self, class: Priority, steps: u64, meter: &Arc<Meter>);
}

/// The one of this name, started.
///
/// # Errors
///
/// If there is none, or it cannot be started.
pub fn start(name: &str) -> Result<Box<dyn Contestant>> {
    Ok(match name {
        "tokio" => Box::new(lanes::TokioOne::start()?),
        "tokio_x2" => Box::new(lanes::TokioTwo::start()?),
        "floor" => Box::new(Floor),
        _ => Box::new(lanes::Laneway::start(name)?),
    })
}

impl<L: Lanes> Contestant for L {
    fn serve(&self, steps: u64, address: Sender<SocketAddr>) {
        self.spawn(Priority::Critical, serve::<L::Runtime>(steps, address));
    }

    fn tick(&self, ticks: Arc<Ticks>) {
        self.spawn(Priority::Critical, async move {
            for deadline in ticks.deadlines() {
                L::Runtime::sleep_until(deadline).await;
                ticks.note(deadline);
            }
        });
    }

    fn press(&self, class: Priority, steps: u64, meter: &Arc<Meter>) {
        for job in meter.jobs() {
            self.spawn(class, press::<L::Runtime>(steps, job));
        }
    }
}

async fn serve<R>(steps: u64, address: Sender<SocketAddr>)
where
    R: Runtime<Listener: Listener<Stream: Stream>>,
{
    let listener = R::listen().expect("there is a free port");
    let local = listener.local_addr().expect("the port is known");
    address.send(local).expect("somebody asked");
    while let Ok(stream) = listener.accept().await {
        // A connection ends when the generator closes it; how, does not matter.
        R::detach(async move { drop(answer(stream, steps).await) });
    }
}

async fn answer(mut stream: impl Stream, steps: u64) -> io::Result<()> {
    let mut message = [0; MESSAGE];
    let mut filled = 0;
    loop {
        match stream.read(&mut message[filled..]).await? {
            0 => return Ok(()),
            count => filled += count,
        }
        if filled == MESSAGE {
            spin(steps);
            stream.write_all(&message).await?;
            filled = 0;
        }
    }
}

async fn press<R: Runtime>(steps: u64, job: Job) {
    loop {
        job.work(steps);
        R::yield_now().await;
    }
}

/// Deadlines, and how late each was noticed.
///
/// The deadlines are fixed beforehand. Whoever notices one late is late for those that passed
/// meanwhile too: nothing is left out.
#[derive(Debug)]
pub struct Ticks {
    base: Instant,
    late: Mutex<Vec<Duration>>,
}

impl Ticks {
    /// Between two deadlines lies so much, and up to a quarter more or less, so that they keep no step
    /// with anybody's tick.
    const PERIOD: Duration = Duration::from_millis(2);

    /// Room for so many deadlines, so that noting one allocates nothing.
    const ROOM: usize = 1 << 16;

    /// From now on.
    pub fn new() -> Self {
        Self {
            base: Instant::now() + Self::PERIOD,
            late: Mutex::new(Vec::with_capacity(Self::ROOM)),
        }
    }

    /// All deadlines, one after another.
    pub fn deadlines(&self) -> impl Iterator<Item = Instant> + Send + use<> {
        let base = self.base;
        let mut jitter = Jitter::new(7);
        (0..Self::ROOM as u32)
            .map(move |index| base + Self::PERIOD * index + jitter.up_to(Self::PERIOD / 2))
    }

    /// The next deadline, this one, has been noticed.
    pub fn note(&self, deadline: Instant) {
        let now = Instant::now();
        assert!(now >= deadline, "a timer was early");
        let mut late = self.late.lock().expect("noting does not panic");
        late.push(now - deadline);
    }

    /// How late those were whose deadline lies in the window, in nanoseconds. Those that nobody has
    /// noticed yet are at least as late as it is now.
    pub fn late_in(&self, from: Instant, to: Instant) -> Vec<f64> {
        let late = self.late.lock().expect("noting does not panic").clone();
        let now = Instant::now();
        let deadlines = self.deadlines().take_while(|deadline| *deadline < to);
        let all = deadlines.enumerate().filter(|(_, it)| *it >= from);
        all.map(|(index, deadline)| late.get(index).copied().unwrap_or(now - deadline))
            .map(|late| late.as_nanos() as f64)
            .collect()
    }
}

impl Default for Ticks {
    fn default() -> Self {
        Self::new()
    }
}

/// Spreads instants, the same for every contestant.
#[derive(Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// Another seed, another sequence.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A duration below `limit`.
    pub fn up_to(&mut self, limit: Duration) -> Duration {
        // Knuth's MMIX generator; its upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_that_nobody_noticed_are_late_too() {
        let ticks = Ticks::new();
        let deadlines: Vec<_> = ticks.deadlines().take(3).collect();
        while Instant::now() < deadlines[1] {
            std::hint::spin_loop();
        }
        ticks.note(deadlines[0]);
        let late = ticks.late_in(ticks.base, deadlines[2]);
        assert_eq!(late.len(), 2);
        assert!(late[0] > late[1] && late[1] > 0.0, "{late:?}");
    }
}
