//! Fetch many things at once, each with a time limit, and make do with what came in time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use laneway::{Runtime, net, spawn, time};

const PAGES: u8 = 12;

fn main() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let server = net::listen_tcp("127.0.0.1:0").await?;
        let address = server.local_addr()?;
        let serving = spawn(serve(server)).abort_on_drop();

        let downloads: Vec<_> = (0..PAGES)
            .map(|page| {
                spawn(time::timeout(
                    Duration::from_millis(500),
                    download(address, page),
                ))
            })
            .collect();
        let (mut fetched, mut too_slow) = (0, 0);
        for (page, download) in (0..).zip(downloads) {
            match download.await.expect("no download panics") {
                Ok(body) => {
                    assert_eq!(body?, [page; 16]);
                    fetched += 1;
                }
                Err(_elapsed) => too_slow += 1,
            }
        }
        println!("{fetched} pages fetched, {too_slow} given up");
        assert_eq!((fetched, too_slow), (PAGES - 2, 2));
        drop(serving);
        Ok(())
    })
}

async fn download(server: SocketAddr, page: u8) -> io::Result<[u8; 16]> {
    let stream = net::connect_tcp(server).await?;
    stream.write_all(&[page]).await?;
    let mut body = [0; 16];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

/// Answers with sixteen times the page's number; pages 3 and 7 never come.
async fn serve(listener: net::TcpListener) -> io::Result<()> {
    loop {
        let (stream, _peer) = listener.accept().await?;
        spawn(async move {
            let mut page = [0];
            stream.read_exact(&mut page).await?;
            if matches!(page, [3 | 7]) {
                std::future::pending::<()>().await;
            }
            time::sleep(Duration::from_millis(u64::from(page[0]))).await;
            stream.write_all(&[page[0]; 16]).await
        });
    }
}
