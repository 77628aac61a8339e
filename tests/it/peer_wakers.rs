//! Bugs that other runtimes had in keeping wakers: see `docs/peer-bugs.md`.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use laneway::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use laneway::{Handle, Runtime, spawn, spawn_blocking, task::yield_now, time};

use crate::support::{PATIENCE, within_patience};

/// A waker that does nothing.
struct Inert;

impl Wake for Inert {
    fn wake(self: Arc<Self>) {}
}

type Waits<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Polls `future` once, which must wait, and drops it: then nobody has its waker any more.
fn assert_lets_go(name: &str, mut future: Waits<'_>) {
    let count = Arc::new(Inert);
    let waker = Waker::from(count.clone());
    let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
    // A connection to this machine may be there at once.
    assert!(
        poll.is_pending() || name == "connect",
        "{name} does not wait"
    );
    drop((future, waker));
    // A worker may be about to wake it.
    let end = Instant::now() + PATIENCE;
    while Arc::strong_count(&count) > 1 {
        assert!(Instant::now() < end, "{name} leaves its waker behind");
        thread::yield_now();
    }
}

/// Whatever a future of ours waits for lives on, and yet its waker goes with the future.
#[test]
fn no_future_leaves_its_waker_behind() {
    within_patience("futures that are dropped", || {
        let runtime = Runtime::builder()
            .threads(1)
            .blocking_threads(1)
            .blocking_queue(1)
            .build()
            .unwrap();
        let _entered = runtime.enter();
        let handle = Handle::current();
        let any = ([127, 0, 0, 1], 0).into();
        let listener = TcpListener::bind(handle.reactor(), any).unwrap();
        let address = listener.local_addr().unwrap();
        let udp = UdpSocket::bind(handle.reactor(), any).unwrap();
        let (unix, _peer) = UnixStream::pair(handle.reactor()).unwrap();
        let (datagram, _other) = UnixDatagram::pair(handle.reactor()).unwrap();
        let path = std::env::temp_dir().join(format!("laneway-wakers-{}", std::process::id()));
        let at_path = UnixListener::bind(handle.reactor(), &path).unwrap();
        std::fs::remove_file(path).unwrap();
        let (client, (server, _)) = runtime.block_on(async {
            let connect = TcpStream::connect(handle.reactor(), address);
            let (client, server) = futures::join!(connect, listener.accept());
            (client.unwrap(), server.unwrap())
        });
        // Both the thread and the queue of the blocking pool are taken until the end.
        let (free, is_free) = std::sync::mpsc::channel::<()>();
        let closure = spawn_blocking(move || is_free.recv_timeout(PATIENCE).is_ok());
        let queued = spawn_blocking(|| ());
        let block = vec![0; 16 << 20];
        let long = Duration::from_secs(3600);
        let futures: Vec<(&str, Waits<'_>)> = vec![
            (
                "a task",
                Box::pin(async { drop(spawn(pending::<()>()).await) }),
            ),
            ("a closure", Box::pin(async { drop(closure.await) })),
            ("a queued closure", Box::pin(async { drop(queued.await) })),
            (
                "a permit",
                Box::pin(async { drop(Handle::current().blocking().permit().await) }),
            ),
            ("a yield", Box::pin(yield_now())),
            ("a sleep", Box::pin(time::sleep(long))),
            ("an endless sleep", Box::pin(time::sleep(Duration::MAX))),
            (
                "a timeout",
                Box::pin(async move {
                    let _ = time::timeout(long, pending::<()>()).await;
                }),
            ),
            (
                "an interval",
                Box::pin(async move {
                    let mut interval = time::interval_at(time::now() + long, long);
                    interval.tick().await;
                }),
            ),
            ("accept", Box::pin(async { drop(listener.accept().await) })),
            (
                "readable",
                Box::pin(async { drop(client.readable().await) }),
            ),
            (
                "read",
                Box::pin(async { drop(client.read(&mut [0; 4]).await) }),
            ),
            (
                "peek",
                Box::pin(async { drop(client.peek(&mut [0; 4]).await) }),
            ),
            (
                "write",
                Box::pin(async { drop(server.write_all(&block).await) }),
            ),
            (
                "connect",
                Box::pin(async move {
                    let reactor = Handle::current().reactor().clone();
                    drop(TcpStream::connect(&reactor, address).await);
                }),
            ),
            (
                "recv",
                Box::pin(async { drop(udp.recv(&mut [0; 4]).await) }),
            ),
            (
                "recv_from",
                Box::pin(async { drop(udp.recv_from(&mut [0; 4]).await) }),
            ),
            (
                "read of a Unix stream",
                Box::pin(async { drop(unix.read(&mut [0; 4]).await) }),
            ),
            (
                "recv of Unix datagrams",
                Box::pin(async { drop(datagram.recv(&mut [0; 4]).await) }),
            ),
            (
                "accept of Unix streams",
                Box::pin(async { drop(at_path.accept().await) }),
            ),
        ];
        for (name, future) in futures {
            assert_lets_go(name, future);
        }
        drop(free);
    });
}
