//! Wakers are their users' code: they may come back, panic, or hold on to what they wake.

use std::future::{Future, poll_fn};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};

use laneway_reactor::net::TcpListener;
use laneway_reactor::{Interest, Reactor};

use crate::support::{Probe, localhost, settle, turn};

/// The three places where a waker may be kept.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Polled,
    Solo,
    Crowd,
}

const PLACES: [Place; 3] = [Place::Polled, Place::Solo, Place::Crowd];

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A listener that becomes readable when it is told to.
struct Rig {
    reactor: Reactor,
    listener: Arc<TcpListener>,
    clients: Vec<TcpStream>,
}

impl Rig {
    fn new() -> Self {
        let mut reactor = Reactor::new().unwrap();
        let listener = Arc::new(TcpListener::bind(&reactor.handle(), localhost()).unwrap());
        settle(&mut reactor);
        Self {
            reactor,
            listener,
            clients: Vec::new(),
        }
    }

    /// Makes the listener readable.
    fn fire(&mut self) {
        self.clients
            .push(TcpStream::connect(self.listener.local_addr().unwrap()).unwrap());
        turn(&mut self.reactor);
    }

    /// Makes it wait again.
    fn quiet(&mut self) {
        while self.listener.try_accept().is_ok() {}
        settle(&mut self.reactor);
    }

    /// Waits for the listener, in `place`.
    fn waiting(&self, place: Place) -> Waiting {
        waiting(self.listener.clone(), place)
    }

    /// All is as it should be: whoever waits now is woken by the next event.
    fn check(&mut self) {
        self.quiet();
        let mut probes = PLACES.map(|place| Probe::new(self.waiting(place)));
        probes.iter_mut().for_each(Probe::pending);
        self.fire();
        for probe in &mut probes {
            assert_eq!(probe.wakes.get(), 1);
            probe.ready();
        }
        drop(probes);
        self.quiet();
    }
}

fn waiting(listener: Arc<TcpListener>, place: Place) -> Waiting {
    Box::pin(async move {
        let io = listener.registered();
        match place {
            Place::Polled => poll_fn(|cx| io.poll_read_ready(cx)).await.unwrap(),
            Place::Solo => io.readable().await.unwrap(),
            // Who waits for both directions has no place of its own.
            Place::Crowd => {
                io.ready(Interest::READABLE | Interest::WRITABLE)
                    .await
                    .unwrap();
            }
        }
    })
}

/// A waker that calls back into what wakes or drops it.
struct Reenters {
    listener: Arc<TcpListener>,
    place: Place,
    again: Mutex<Option<Waiting>>,
    on_drop: bool,
    calls: Arc<AtomicUsize>,
}

impl Reenters {
    /// Registers once more, in the same place, and leaves the one before.
    fn come_back(&self) {
        self.calls.fetch_add(1, SeqCst);
        let mut again = waiting(self.listener.clone(), self.place);
        let _ = again.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let before = self.again.lock().unwrap().replace(again);
        drop(before);
        let _ = self.listener.try_accept();
    }
}

impl Wake for Reenters {
    fn wake(self: Arc<Self>) {
        self.come_back();
    }
}

impl Drop for Reenters {
    fn drop(&mut self) {
        if self.on_drop {
            self.come_back();
        }
    }
}

#[test]
fn that_come_back_when_woken_or_dropped() {
    for place in PLACES {
        for on_drop in [false, true] {
            let mut rig = Rig::new();
            let calls = Arc::<AtomicUsize>::default();
            let waker = || {
                Waker::from(Arc::new(Reenters {
                    listener: rig.listener.clone(),
                    place,
                    again: Mutex::new(None),
                    on_drop,
                    calls: calls.clone(),
                }))
            };
            // Registered, then replaced by another, then dropped with the future; then woken.
            let mut future = rig.waiting(place);
            assert!(
                future
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker()))
                    .is_pending()
            );
            assert!(
                future
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker()))
                    .is_pending()
            );
            drop(future);
            let mut future = rig.waiting(place);
            assert!(
                future
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker()))
                    .is_pending()
            );
            rig.fire();
            assert!(calls.load(SeqCst) > 0, "{place:?}");
            drop(future);
            rig.check();
        }
    }
}

/// A waker that panics when woken, or when its count-down of clones reaches zero.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics");
    }
}

#[test]
fn that_panic_when_woken() {
    let mut rig = Rig::new();
    let waker = Waker::from(Arc::new(Panics));
    let mut bad = PLACES.map(|place| rig.waiting(place));
    for future in &mut bad {
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    let mut good = [Place::Solo, Place::Crowd].map(|place| Probe::new(rig.waiting(place)));
    good.iter_mut().for_each(Probe::pending);
    rig.fire();
    for probe in &mut good {
        assert_eq!(probe.wakes.get(), 1, "the others are woken all the same");
        probe.ready();
    }
    drop((bad, good));
    rig.check();
}

/// Panics in `clone`, or in `drop`.
fn panicking(clone: bool) -> Waker {
    static CLONE: RawWakerVTable = RawWakerVTable::new(|_| panic!("clone"), |_| (), |_| (), |_| ());
    static DROP: RawWakerVTable = RawWakerVTable::new(
        |_| RawWaker::new(std::ptr::null(), &DROP_ONCE),
        |_| (),
        |_| (),
        |_| (),
    );
    static DROP_ONCE: RawWakerVTable = RawWakerVTable::new(
        |_| RawWaker::new(std::ptr::null(), &DROP_ONCE),
        |_| (),
        |_| (),
        |_| panic!("drop"),
    );
    let table = if clone { &CLONE } else { &DROP };
    // SAFETY: the functions do not look at the pointer.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), table)) }
}

#[test]
fn that_panic_when_cloned_or_dropped() {
    for place in PLACES {
        let mut rig = Rig::new();
        let bad = panicking(true);
        let mut future = rig.waiting(place);
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _ = future.as_mut().poll(&mut Context::from_waker(&bad));
        }));
        assert!(result.is_err(), "{place:?}");
        drop(future);
        rig.check();

        let bad = panicking(false);
        let mut future = rig.waiting(place);
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(&bad))
                .is_pending()
        );
        // Replaced, so dropped, which panics.
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _ = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
        }));
        assert!(result.is_err(), "{place:?}");
        drop(future);
        rig.check();
    }
}

/// A second poll with another waker takes the first one's place, and lets it go.
#[test]
fn the_last_one_counts() {
    for place in PLACES {
        let mut rig = Rig::new();
        let mut future = rig.waiting(place);
        let wakers = [(); 2].map(|()| Arc::new(crate::support::Count::default()));
        for count in &wakers {
            let waker = Waker::from(count.clone());
            assert!(
                future
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        assert_eq!(Arc::strong_count(&wakers[0]), 1, "{place:?}");
        rig.fire();
        assert_eq!([wakers[0].get(), wakers[1].get()], [0, 1], "{place:?}");
        assert_eq!(Arc::strong_count(&wakers[1]), 1, "{place:?}");
        drop(future);
        rig.check();
    }
}

/// A future that is dropped leaves no waker behind.
#[test]
fn dropped_with_the_future() {
    for place in [Place::Solo, Place::Crowd] {
        let rig = Rig::new();
        let mut probe = Probe::new(rig.waiting(place));
        probe.pending();
        let wakes = probe.wakes.clone();
        assert_eq!(Arc::strong_count(&wakes), 3);
        drop(probe);
        assert_eq!(Arc::strong_count(&wakes), 1, "{place:?}");
    }
    // What the `poll_*` methods keep goes with the source, even if the reactor lives on.
    let rig = Rig::new();
    let mut probe = Probe::new(rig.waiting(Place::Polled));
    probe.pending();
    let wakes = probe.wakes.clone();
    drop(probe);
    assert_eq!(Arc::strong_count(&wakes), 2);
    drop(rig.listener);
    assert_eq!(Arc::strong_count(&wakes), 1);
}

/// The wake drops the very source whose event it is.
#[test]
fn that_drop_the_source() {
    struct Drops(Mutex<Option<(Waiting, Arc<TcpListener>)>>);
    impl Wake for Drops {
        fn wake(self: Arc<Self>) {
            let gone = self.0.lock().unwrap().take();
            drop(gone);
        }
    }
    for place in PLACES {
        let mut rig = Rig::new();
        let addr = rig.listener.local_addr().unwrap();
        let mut future = rig.waiting(place);
        let drops = Arc::new(Drops(Mutex::new(None)));
        let waker = Waker::from(drops.clone());
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        // The waker now owns the last reference to the listener.
        let placeholder = Arc::new(TcpListener::bind(&rig.reactor.handle(), localhost()).unwrap());
        let listener = std::mem::replace(&mut rig.listener, placeholder);
        *drops.0.lock().unwrap() = Some((future, listener));
        let _client = TcpStream::connect(addr).unwrap();
        turn(&mut rig.reactor);
        assert!(drops.0.lock().unwrap().is_none(), "{place:?}");
        assert!(TcpStream::connect(addr).is_err(), "the listener is gone");
        rig.check();
    }
}
