//! Sleeps: made and dropped, and how late they end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::machine;
use crate::runtime::Runtime;
use crate::sample::{Sample, Stopwatch, quantile};

/// Deadlines of sleeps that never end lie so far away, at least.
pub const FAR: Duration = Duration::from_secs(60);

/// How long it takes at most to spawn the tasks that measure lateness.
pub const HEAD_START: Duration = Duration::from_millis(500);

/// The period of a timer that has the machine to itself.
pub const PERIOD: Duration = Duration::from_millis(1);

/// Sleeps are made and polled once, and kept; then all are dropped.
///
/// `bytes_op` is all that a sleep occupies: where its runtime keeps it, and the box that is its owner's.
/// Without the place in the list of boxes, which is there before.
pub fn create<R: Runtime>(sleeps: usize) -> Sample {
    R::run_task(async move {
        let mut random = Random(1);
        let base = Instant::now() + FAR;
        let mut kept: Vec<_> = (0..sleeps).map(|_| None).collect();
        let before = machine::resident_bytes();
        let watch = Stopwatch::start();
        for place in &mut kept {
            let mut sleep = Box::pin(R::sleep_until(base + random.up_to(FAR)));
            begin(sleep.as_mut()).await;
            *place = Some(sleep);
        }
        let created = watch.per_op(sleeps);
        let bytes = machine::resident_bytes()
            .zip(before)
            .map_or(f64::NAN, |(now, before)| (now - before) / sleeps as f64);
        drop(kept);
        let both = watch.per_op(sleeps);
        let figure = |sample: &Sample, name| sample.get(name).unwrap_or(f64::NAN);
        let create_ns = figure(&created, "ns_op");
        let drop_ns = figure(&both, "ns_op") - create_ns;
        both.with("create_ns", create_ns)
            .with("drop_ns", drop_ns)
            .with("bytes_op", bytes)
    })
}

/// A sleep is made, polled once and dropped; then the next.
pub fn churn<R: Runtime>(sleeps: usize) -> Sample {
    R::run_task(async move {
        let watch = Stopwatch::start();
        for _ in 0..sleeps {
            let sleep = pin!(R::sleep_until(Instant::now() + FAR));
            begin(sleep).await;
        }
        watch.per_op(sleeps)
    })
}

/// Many tasks sleep until instants spread over one second.
pub fn lateness<R: Runtime>(tasks: usize) -> Sample {
    R::run_task(async move {
        let mut random = Random(2);
        let base = Instant::now() + HEAD_START;
        let watch = Stopwatch::start();
        let mut handles = Vec::with_capacity(tasks);
        for _ in 0..tasks {
            let deadline = base + random.up_to(Duration::from_secs(1));
            handles.push(R::spawn(async move {
                R::sleep_until(deadline).await;
                late_by(deadline)
            }));
        }
        assert!(Instant::now() < base, "the machine is too slow");
        let mut late = Vec::with_capacity(tasks);
        for handle in handles {
            late.push(handle.await);
        }
        lateness_of(late, watch)
    })
}

/// One task sleeps until each of many instants, a millisecond apart.
pub fn interval<R: Runtime>(ticks: usize) -> Sample {
    R::run_task(async move {
        let (base, watch) = (Instant::now() + PERIOD, Stopwatch::start());
        let mut late = Vec::with_capacity(ticks);
        for deadline in (0..ticks as u32).map(|tick| base + tick * PERIOD) {
            R::sleep_until(deadline).await;
            late.push(late_by(deadline));
        }
        lateness_of(late, watch)
    })
}

/// Nanoseconds since an instant; less than zero before it.
pub fn late_by(deadline: Instant) -> f64 {
    let now = Instant::now();
    match deadline.checked_duration_since(now) {
        Some(early) => -(early.as_nanos() as f64),
        None => (now - deadline).as_nanos() as f64,
    }
}

/// What is told of wake-ups.
pub fn lateness_of(mut late: Vec<f64>, watch: Stopwatch) -> Sample {
    let cpu = watch.cpu().as_nanos() as f64 / late.len() as f64;
    let early = late.iter().filter(|late| **late < 0.0).count();
    Sample::default()
        .with("p50_ns", quantile(&mut late, 0.5))
        .with("p99_ns", quantile(&mut late, 0.99))
        .with("cpu_ns_op", cpu)
        .with("early", early as f64)
}

/// Polls once; the future is not ready.
async fn begin(mut future: Pin<&mut (impl Future<Output = ()> + Send)>) {
    poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// Spreads deadlines, the same for every runtime.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// A duration below `limit`.
    pub fn up_to(&mut self, limit: Duration) -> Duration {
        // Knuth's MMIX generator; its upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}
