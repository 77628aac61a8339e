//! One connection: writes a request, reads its answer, never waits.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::plan::Request;
use super::response::{Reader, Response};

/// A connection that streams fast may not keep the others waiting: after so many bytes it is
/// their turn.
const TURN: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    reader: Reader,
    asked: Option<Asked>,
    /// When it was opened, or the last answer came.
    pub(super) free_since: Instant,
    is_connected: bool,
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Rc<Request>,
    pub(super) since: Instant,
    written: usize,
}

/// How far one turn came.
#[derive(Debug)]
pub(super) enum Step {
    /// The socket has to be ready again before anything can go on.
    Waits,
    /// There may be more to read: another turn, without waiting.
    HasMore,
    /// An answer arrived.
    Answered(Asked, Response),
}

impl Connection {
    /// Begins to connect.
    pub(super) fn open(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            reader: Reader::default(),
            asked: None,
            free_since: Instant::now(),
            is_connected: false,
        })
    }

    /// Takes a request, whose latency counts from `since`; [`step`](Self::step) writes it.
    pub(super) fn ask(&mut self, request: Rc<Request>, since: Instant) {
        self.asked = Some(Asked {
            request,
            since,
            written: 0,
        });
    }

    /// Whether a request is under way.
    pub(super) fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Does what can be done without waiting, up to one answer.
    pub(super) fn step(&mut self, buffer: &mut [u8]) -> Result<Step, String> {
        if !self.connected()? {
            return Ok(Step::Waits);
        }
        self.write()?;
        let mut read = 0;
        while read < TURN {
            match self.stream.read(buffer) {
                Ok(0) => return Err(self.closed()),
                Ok(count) => {
                    read += count;
                    if let Some(response) = self.reader.read(&buffer[..count])? {
                        let asked = self.asked.take().ok_or("answer without a request")?;
                        self.free_since = Instant::now();
                        return Ok(Step::Answered(asked, response));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Step::Waits),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("read: {}", error.kind())),
            }
        }
        Ok(Step::HasMore)
    }

    fn connected(&mut self) -> Result<bool, String> {
        if !self.is_connected {
            if let Some(error) = self
                .stream
                .take_error()
                .map_err(|error| error.to_string())?
            {
                return Err(format!("connect: {}", error.kind()));
            }
            self.is_connected = self.stream.peer_addr().is_ok();
            if self.is_connected {
                self.stream
                    .set_nodelay(true)
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok(self.is_connected)
    }

    /// Writes what is left of the request, as far as the kernel takes it. What a service echoes
    /// meanwhile is read all the same, or the two would wait for each other.
    fn write(&mut self) -> Result<(), String> {
        let Some(asked) = &mut self.asked else {
            return Ok(());
        };
        while asked.written < asked.request.bytes.len() {
            match self.stream.write(&asked.request.bytes[asked.written..]) {
                Ok(count) => asked.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("write: {}", error.kind())),
            }
        }
        Ok(())
    }

    fn closed(&self) -> String {
        match (&self.asked, self.reader.is_new()) {
            (None, _) => "closed between requests without `connection: close`".to_string(),
            (Some(asked), true) => {
                format!("{}: closed before an answer", asked.request.kind.name())
            }
            (Some(asked), false) => format!("{}: closed in an answer", asked.request.kind.name()),
        }
    }
}
