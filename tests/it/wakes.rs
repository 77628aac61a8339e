//! No wake is lost, and wakers may do what they like.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    mpsc,
};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use laneway::{JoinHandle, net, spawn, time};

use crate::support::{PATIENCE, runtime, within_patience};

/// One task, woken from a foreign thread again and again, at every stage of falling asleep.
#[test]
fn no_wake_from_outside_is_lost() {
    within_patience("100,000 wakes from outside", || {
        const ROUNDS: usize = 100_000;
        let runtime = runtime(2);
        let round = Arc::new(AtomicUsize::new(0));
        let place = Arc::new(Mutex::new(None::<Waker>));
        let (its_round, its_place) = (round.clone(), place.clone());
        let (done, is_done) = mpsc::channel();
        let task = runtime.spawn(poll_fn(move |cx| {
            *its_place.lock().unwrap() = Some(cx.waker().clone());
            let seen = its_round.load(SeqCst);
            let _ = done.send(seen);
            if seen == ROUNDS {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        for next in 0..ROUNDS {
            // Wait for the poll that saw the last round; then begin the next, and wake.
            while is_done.recv_timeout(PATIENCE).expect("a wake was lost") != next {}
            round.store(next + 1, SeqCst);
            let waker = place.lock().unwrap().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        runtime.block_on(task).unwrap();
    });
}

/// A waker that panics, re-enters, or drops things must not harm who wakes it.
struct Hostile {
    act: Box<dyn Fn() + Send + Sync>,
    woken: AtomicBool,
}

impl Wake for Hostile {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, SeqCst);
        (self.act)();
    }
}

fn hostile(act: impl Fn() + Send + Sync + 'static) -> (Arc<Hostile>, Waker) {
    let hostile = Arc::new(Hostile {
        act: Box::new(act),
        woken: AtomicBool::new(false),
    });
    (hostile.clone(), hostile.into())
}

#[test]
fn a_join_waker_that_panics_does_not_harm_the_worker() {
    within_patience("a panicking join waker", || {
        let runtime = runtime(1);
        let (open, gate) = futures::channel::oneshot::channel::<()>();
        let mut task = pin!(runtime.spawn(async move { gate.await.unwrap() }));
        let (seen, waker) = hostile(|| panic!("a waker that panics"));
        assert!(task.as_mut().poll_with(&waker).is_pending());
        open.send(()).unwrap();
        assert_eq!(
            runtime.block_on(async { spawn(async { 42 }).await.unwrap() }),
            42
        );
        runtime.block_on(task).unwrap();
        assert!(seen.woken.load(SeqCst));
    });
}

#[test]
fn a_timer_waker_that_panics_does_not_keep_others_asleep() {
    within_patience("a panicking timer waker", || {
        let runtime = runtime(1);
        let _entered = runtime.enter();
        let mut sleep = pin!(time::sleep(Duration::from_millis(1)));
        let (_seen, waker) = hostile(|| panic!("a waker that panics"));
        assert!(sleep.as_mut().poll_with(&waker).is_pending());
        runtime.block_on(time::sleep(Duration::from_millis(5)));
    });
}

#[test]
fn a_waker_may_use_what_wakes_it() {
    within_patience("a waker that re-enters", || {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        let (open, gate) = futures::channel::oneshot::channel::<()>();
        let mut task: std::pin::Pin<&mut JoinHandle<()>> =
            pin!(runtime.spawn(async move { gate.await.unwrap() }));
        let (send, receive) = mpsc::channel();
        let send = Mutex::new(send);
        let (_seen, waker) = hostile(move || {
            let timer = handle.timers().sleep(Duration::from_secs(1));
            drop(timer);
            let spawned = handle.spawn(async { 7 });
            send.lock().unwrap().send(spawned).unwrap();
        });
        assert!(task.as_mut().poll_with(&waker).is_pending());
        open.send(()).unwrap();
        let spawned = receive.recv_timeout(PATIENCE).expect("the waker was woken");
        assert_eq!(runtime.block_on(spawned).unwrap(), 7);
        runtime.block_on(task).unwrap();
    });
}

#[test]
fn panics_of_tasks_stay_in_tasks() {
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("a drop that panics");
        }
    }

    within_patience("panicking tasks", || {
        let runtime = runtime(2);
        runtime.block_on(async {
            for _ in 0..200 {
                assert!(
                    spawn(async { panic!("a poll that panics") })
                        .await
                        .unwrap_err()
                        .is_panic()
                );
                let in_future = spawn(async {
                    let _guard = PanicsInDrop;
                });
                assert!(in_future.await.unwrap_err().is_panic());
                // The output is dropped by the worker, or here with the handle: quietly both times.
                let output = spawn(async { PanicsInDrop });
                assert!(catch_unwind(AssertUnwindSafe(|| drop(output))).is_ok());
            }
            assert_eq!(spawn(async { 42 }).await.unwrap(), 42);
        });
    });
}

#[test]
fn a_socket_wakes_all_who_wait_for_it() {
    within_patience("many readers of one socket", || {
        let runtime = runtime(2);
        runtime.block_on(async {
            let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
            let client = net::connect_tcp(listener.local_addr().unwrap())
                .await
                .unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let server = Arc::new(server);
            let readers: Vec<_> = (0..10)
                .map(|_| {
                    let server = server.clone();
                    spawn(async move {
                        let mut byte = [0];
                        server.read(&mut byte).await.unwrap()
                    })
                })
                .collect();
            client.write_all(&[1; 10]).await.unwrap();
            for reader in readers {
                assert_eq!(reader.await.unwrap(), 1);
            }
        });
    });
}

#[test]
fn tasks_that_hand_work_across_threads_finish() {
    within_patience("a pipeline over foreign threads", || {
        let runtime = runtime(2);
        let echo = |receive: mpsc::Receiver<futures::channel::oneshot::Sender<usize>>| {
            for (n, reply) in receive.into_iter().enumerate() {
                let _ = reply.send(n);
            }
        };
        let (send, receive) = mpsc::channel();
        let foreign = thread::spawn(move || echo(receive));
        let tasks: Vec<_> = (0..1_000)
            .map(|_| {
                let send = send.clone();
                runtime.spawn(async move {
                    let mut sum = 0;
                    for _ in 0..20 {
                        let (reply, answer) = futures::channel::oneshot::channel();
                        send.send(reply).unwrap();
                        sum += answer.await.unwrap();
                    }
                    sum
                })
            })
            .collect();
        drop(send);
        let mut total = 0;
        runtime.block_on(async {
            for task in tasks {
                total += task.await.unwrap();
            }
        });
        foreign.join().unwrap();
        assert_eq!(total, (0..20_000).sum());
    });
}

/// Polls by hand with a given waker.
trait PollWith {
    type Output;
    fn poll_with(self, waker: &Waker) -> Poll<Self::Output>;
}

impl<F: Future> PollWith for std::pin::Pin<&mut F> {
    type Output = F::Output;

    fn poll_with(self, waker: &Waker) -> Poll<F::Output> {
        self.poll(&mut Context::from_waker(waker))
    }
}
