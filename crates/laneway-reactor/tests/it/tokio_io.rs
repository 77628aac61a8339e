//! Tokio's traits, without Tokio's runtime.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll};

use laneway_reactor::Reactor;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::support::{connection, drive};

#[test]
fn read_and_write() {
    let mut reactor = Reactor::new().unwrap();
    let (mut client, mut server) = connection(&mut reactor);
    assert!(client.is_write_vectored());
    drive(&mut reactor, async {
        client.write_all(b"hello world").await.unwrap();
        AsyncWriteExt::flush(&mut client).await.unwrap();
        let mut buffer = Vec::with_capacity(64);
        assert_eq!(server.read_buf(&mut buffer).await.unwrap(), 11);
        assert_eq!(buffer, b"hello world");
        AsyncWriteExt::shutdown(&mut client).await.unwrap();
        assert_eq!(server.read_buf(&mut buffer).await.unwrap(), 0);
        let (mut reader, mut writer) = server.split();
        let bufs = [IoSlice::new(b"a"), IoSlice::new(b"b")];
        let n = AsyncWriteExt::write_vectored(&mut writer, &bufs);
        assert_eq!(n.await.unwrap(), 2);
        AsyncWriteExt::shutdown(&mut writer).await.unwrap();
        assert_eq!(
            AsyncReadExt::read(&mut reader, &mut [0; 4]).await.unwrap(),
            0
        );
        let (mut reader, mut writer) = client.into_split();
        let mut all = Vec::new();
        AsyncReadExt::read_to_end(&mut reader, &mut all)
            .await
            .unwrap();
        assert_eq!(all, b"ab");
        AsyncWriteExt::shutdown(&mut writer).await.unwrap();
    });
}

/// Memory that is not initialised is filled as far as was read, and no further.
#[test]
fn uninitialised_memory() {
    let mut reactor = Reactor::new().unwrap();
    let (client, mut server) = connection(&mut reactor);
    client.try_write(b"12345").unwrap();
    drive(&mut reactor, async { server.readable().await.unwrap() });
    let mut memory = [std::mem::MaybeUninit::uninit(); 16];
    let mut buf = ReadBuf::uninit(&mut memory);
    buf.put_slice(b"ab");
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    let poll = tokio::io::AsyncRead::poll_read(Pin::new(&mut server), cx, &mut buf);
    assert!(matches!(poll, Poll::Ready(Ok(()))));
    assert_eq!(
        (buf.filled(), buf.initialized().len()),
        (&b"ab12345"[..], 7)
    );
    let poll = tokio::io::AsyncRead::poll_read(Pin::new(&mut server), cx, &mut buf);
    assert!(poll.is_pending());
    assert_eq!(buf.filled().len(), 7);
}

#[cfg(unix)]
#[test]
fn over_unix_sockets() {
    let mut reactor = Reactor::new().unwrap();
    let (mut a, mut b) = laneway_reactor::net::UnixStream::pair(&reactor.handle()).unwrap();
    drive(&mut reactor, async {
        let (write, read) = futures::join!(
            async {
                AsyncWriteExt::write_all(&mut a, &vec![1; 1 << 20])
                    .await
                    .unwrap();
                AsyncWriteExt::shutdown(&mut a).await.unwrap();
            },
            async {
                let mut all = Vec::new();
                b.read_to_end(&mut all).await.unwrap();
                all.len()
            }
        );
        assert_eq!(((), 1 << 20), (write, read));
    });
}
