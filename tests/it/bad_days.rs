//! Bad input and bad luck end in a clear error or a documented panic, never in a hang.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use laneway::{Handle, LocalRuntime, Runtime, net, spawn, spawn_blocking, time};

use crate::support::{runtime, within_patience};

/// The message of the panic of `f`.
fn panic_message(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it should panic");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().expect("a message").to_string(),
    }
}

#[test]
fn zeros_in_the_builder_are_errors() {
    let kinds = [
        Runtime::builder().threads(0).build().unwrap_err().kind(),
        Runtime::builder()
            .blocking_threads(0)
            .build()
            .unwrap_err()
            .kind(),
        Runtime::builder()
            .blocking_queue(0)
            .build()
            .unwrap_err()
            .kind(),
        Runtime::builder()
            .blocking_threads(0)
            .build_local()
            .unwrap_err()
            .kind(),
        Runtime::builder()
            .threads(usize::MAX)
            .build()
            .unwrap_err()
            .kind(),
    ];
    assert_eq!(kinds, [ErrorKind::InvalidInput; 5]);
}

#[test]
fn block_on_in_a_task_panics_with_advice() {
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    let task = runtime.spawn(async move { handle.block_on(async {}) });
    let panic = runtime.block_on(task).unwrap_err().into_panic();
    let message = panic.downcast_ref::<String>().expect("a message").clone();
    assert!(
        message.contains("Handle::block_on") && message.contains("await"),
        "{message}"
    );
    // The runtime is none the worse for it.
    assert_eq!(
        runtime.block_on(async { spawn(async { 1 }).await.unwrap() }),
        1
    );
}

#[test]
fn block_on_in_a_local_task_panics_with_advice() {
    let runtime = std::rc::Rc::new(LocalRuntime::new().unwrap());
    let inner = runtime.clone();
    let task = runtime.spawn_local(async move { inner.block_on(async {}) });
    let panic = runtime.block_on(task).unwrap_err().into_panic();
    let message = panic.downcast_ref::<String>().expect("a message").clone();
    assert!(message.contains("LocalRuntime::block_on"), "{message}");
}

#[test]
fn without_a_runtime_the_panic_says_so() {
    for message in [
        panic_message(|| drop(spawn(async {}))),
        panic_message(|| drop(spawn_blocking(|| ()))),
        panic_message(|| drop(time::sleep(Duration::ZERO))),
        panic_message(|| drop(Handle::current())),
    ] {
        assert!(message.contains("no laneway runtime"), "{message}");
    }
    assert!(Handle::try_current().is_none());
}

#[test]
fn timers_in_the_far_future_and_the_past() {
    within_patience("extreme deadlines", || {
        let runtime = runtime(1);
        runtime.block_on(async {
            let far = time::timeout(Duration::from_millis(1), time::sleep(Duration::MAX));
            assert!(far.await.is_err());
            let centuries = Duration::from_secs(u64::MAX / 10);
            let far = time::timeout(Duration::from_millis(1), time::sleep(centuries));
            assert!(far.await.is_err());
            time::sleep(Duration::ZERO).await;
            time::sleep_until(Instant::now() - Duration::from_millis(1)).await;
        });
    });
}

#[test]
fn an_address_in_use_is_an_error() {
    let runtime = runtime(1);
    runtime.block_on(async {
        let first = net::listen_tcp("127.0.0.1:0").await.unwrap();
        let address = first.local_addr().unwrap();
        let error = net::listen_tcp(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    });
}

#[test]
fn nobody_listening_is_an_error() {
    let runtime = runtime(1);
    runtime.block_on(async {
        let gone = net::listen_tcp("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let error = net::connect_tcp(gone).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let error = net::connect_tcp("no such host.invalid:1")
            .await
            .unwrap_err();
        assert!(!error.to_string().is_empty());
    });
}

#[test]
fn every_resolved_address_is_tried() {
    let runtime = runtime(1);
    runtime.block_on(async {
        let gone = net::listen_tcp("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        static BOTH: OnceLock<[SocketAddr; 2]> = OnceLock::new();
        let both: &'static [SocketAddr] = BOTH.get_or_init(|| [gone, there]);
        let stream = net::connect_tcp(both).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), there);
    });
}

#[test]
fn a_peer_that_resets_ends_the_read() {
    within_patience("a reset", || {
        let runtime = runtime(1);
        runtime.block_on(async {
            let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let client = net::connect_tcp(address).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            client.set_linger(Some(Duration::ZERO)).unwrap();
            drop(client);
            let error = server.read(&mut [0; 8]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        });
    });
}

#[test]
fn a_half_closed_peer_still_gets_its_answer() {
    within_patience("a half-close", || {
        let runtime = runtime(1);
        let address = runtime.block_on(async {
            let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                let mut got = 0;
                let mut buffer = [0; 1024];
                loop {
                    match stream.read(&mut buffer).await.unwrap() {
                        0 => break,
                        n => got += n,
                    }
                }
                stream.write_all(got.to_string().as_bytes()).await.unwrap();
            });
            address
        });
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.write_all(&[7; 100_000]).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "100000");
    });
}

#[test]
fn a_peer_that_never_reads_can_be_given_up() {
    within_patience("a peer that never reads", || {
        let runtime = runtime(1);
        runtime.block_on(async {
            let listener = net::listen_tcp("127.0.0.1:0").await.unwrap();
            let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let block = vec![0; 1 << 20];
            let endless = async {
                loop {
                    server.write_all(&block).await.unwrap();
                }
            };
            assert!(
                time::timeout(Duration::from_millis(50), endless)
                    .await
                    .is_err()
            );
        });
    });
}
