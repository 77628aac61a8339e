//! TCP echo: a loop around the system's poll.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use crate::Result;
use crate::load::{self, Load, Protocol};
use crate::sample::Sample;
use crate::workload::Effort;
use crate::workload::echo::{buffer, measure};

const LISTENER: Token = Token(usize::MAX);
const END: Token = Token(usize::MAX - 1);

/// Echoes for so many connections.
///
/// # Errors
///
/// If the load generator fails.
pub(super) fn echo(message: usize, effort: Effort) -> Result<Sample> {
    let load = Load {
        connections: effort.size,
        protocol: Protocol::Echo(message),
        window: effort.window,
    };
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let addr = listener.local_addr()?;
    // Kept until the loop has ended: a waker that is dropped takes its event along.
    let end = Arc::new(Waker::new(poll.registry(), END)?);
    let generator = thread::spawn({
        let end = end.clone();
        move || {
            let measured = measure(addr, load);
            end.wake().map(|()| measured)
        }
    });
    serve(&mut poll, &listener, &mut vec![0; buffer(message)])?;
    generator.join().expect("measuring does not panic")?
}

/// Until the end is told.
fn serve(poll: &mut Poll, listener: &TcpListener, buffer: &mut [u8]) -> Result<()> {
    let mut events = Events::with_capacity(256);
    let mut connections: Vec<Connection> = Vec::new();
    loop {
        load::poll(poll, &mut events, None)?;
        for event in &events {
            match event.token() {
                END => return Ok(()),
                LISTENER => accept(poll, listener, &mut connections)?,
                // A connection ends when the generator closes it; how, does not matter.
                Token(index) => drop(connections[index].turn(buffer)),
            }
        }
    }
}

fn accept(poll: &Poll, listener: &TcpListener, connections: &mut Vec<Connection>) -> Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _peer)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        stream.set_nodelay(true)?;
        let interests = Interest::READABLE | Interest::WRITABLE;
        let token = Token(connections.len());
        poll.registry().register(&mut stream, token, interests)?;
        connections.push(Connection {
            stream,
            unsent: vec![],
        });
    }
}

/// A connection.
struct Connection {
    stream: TcpStream,
    /// What the socket did not take at once.
    unsent: Vec<u8>,
}

impl Connection {
    /// Writes back what there is; one that is not full has emptied the socket.
    fn turn(&mut self, buffer: &mut [u8]) -> std::io::Result<()> {
        if !self.unsent.is_empty() {
            let count = self.stream.write(&self.unsent)?;
            self.unsent.drain(..count);
        }
        while self.unsent.is_empty() {
            let read = self.stream.read(buffer)?;
            let written = match self.stream.write(&buffer[..read]) {
                Ok(written) => written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            self.unsent.extend_from_slice(&buffer[written..read]);
            if read < buffer.len() {
                break;
            }
        }
        Ok(())
    }
}
