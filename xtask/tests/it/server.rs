//! A service that speaks the load generator's protocol, on std's sockets, one thread for each
//! connection: small, slow, and with faults to order.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use xtask::load::protocol::{HASH_HEADER, HELLO, Stream, hash, work};

/// What the service does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// One bit of every streamed body is another.
    CorruptsStreams,
    /// `x-hash` of small answers is wrong.
    WrongHash,
    /// Streams end early, and the connection with them.
    ClosesInStreams,
    /// Every other answer says `connection: close`, which is no fault.
    ClosesPolitely,
    /// Requests for work are never answered.
    Hangs,
}

/// Starts a service; its threads end with the process.
pub(crate) fn start(fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // An error is a client that has gone.
            thread::spawn(move || serve(stream, fault).is_ok());
        }
    });
    address
}

fn serve(mut stream: TcpStream, fault: Fault) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut answered = 0;
    while let Some((target, body)) = request(&mut reader)? {
        let closes = fault == Fault::ClosesPolitely && answered % 2 == 1;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        match path {
            "/hello" => small(&mut stream, HELLO, fault, closes)?,
            "/echo" => small(&mut stream, &body, fault, closes)?,
            "/work" if fault == Fault::Hangs => return wait_for_the_end(&mut reader),
            "/work" => {
                let result = work(number(query, "rounds"), number(query, "seed"));
                small(
                    &mut stream,
                    format!("{result:016x}").as_bytes(),
                    fault,
                    closes,
                )?;
            }
            "/stream" => streamed(&mut stream, query, fault, closes)?,
            _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?,
        }
        answered += 1;
        if closes || path == "/stream" && fault == Fault::ClosesInStreams {
            break;
        }
    }
    Ok(())
}

/// The target and the body of the next request; none at the end of the connection.
fn request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let target = line.split(' ').nth(1).unwrap().to_string();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((target, body)))
}

fn small(stream: &mut TcpStream, body: &[u8], fault: Fault, closes: bool) -> io::Result<()> {
    let hash = hash(body) ^ u64::from(fault == Fault::WrongHash);
    let close = if closes { "connection: close\r\n" } else { "" };
    let length = body.len();
    let head = format!("content-length: {length}\r\n{HASH_HEADER}: {hash:016x}\r\n{close}");
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes())?;
    stream.write_all(body)
}

/// Sends chunks of sizes that are no power of two.
fn streamed(stream: &mut TcpStream, query: &str, fault: Fault, closes: bool) -> io::Result<()> {
    let close = if closes { "connection: close\r\n" } else { "" };
    let head = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n{close}\r\n");
    stream.write_all(head.as_bytes())?;
    let count = number(query, "bytes") as usize;
    let mut body = Stream::new(number(query, "seed")).bytes(count);
    match fault {
        Fault::CorruptsStreams => body[count / 2] ^= 1,
        Fault::ClosesInStreams => body.truncate(count / 2),
        _ => {}
    }
    for chunk in body.chunks(10_007) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
    }
    if fault == Fault::ClosesInStreams {
        Ok(())
    } else {
        stream.write_all(b"0\r\n\r\n")
    }
}

fn wait_for_the_end(reader: &mut BufReader<TcpStream>) -> io::Result<()> {
    io::copy(reader, &mut io::sink()).map(|_| ())
}

fn number(query: &str, name: &str) -> u64 {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .unwrap()
        .1
        .parse()
        .unwrap()
}
