//! The traits of futures-io.

use futures::io::{AsyncReadExt, AsyncWriteExt};
use laneway_reactor::Reactor;

use crate::support::{connection, drive};

#[test]
fn read_and_write() {
    let mut reactor = Reactor::new().unwrap();
    let (mut client, server) = connection(&mut reactor);
    drive(&mut reactor, async {
        AsyncWriteExt::write_all(&mut client, b"hello")
            .await
            .unwrap();
        AsyncWriteExt::flush(&mut client).await.unwrap();
        AsyncWriteExt::close(&mut client).await.unwrap();
        let (mut reader, mut writer) = server.into_split();
        let mut all = Vec::new();
        reader.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"hello");
        AsyncWriteExt::write_all(&mut writer, b"world")
            .await
            .unwrap();
        AsyncWriteExt::close(&mut writer).await.unwrap();
        let (mut reader, _writer) = client.split();
        all.clear();
        AsyncReadExt::read_to_end(&mut reader, &mut all)
            .await
            .unwrap();
        assert_eq!(all, b"world");
    });
}
