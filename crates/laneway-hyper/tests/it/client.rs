//! A client that writes what it is told to and reads one answer at a time.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::server::LIMIT;

/// A connection of std's; nothing it waits for may take longer than [`LIMIT`].
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case, as they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    pub(crate) fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a `GET` without waiting for the answer.
    pub(crate) fn ask(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n"));
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask(path);
        self.answer()
    }

    /// The head of an answer and the body that its length announces.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer.header("content-length").unwrap_or("0");
        answer.body = vec![0; length.parse().unwrap()];
        self.stream.read_exact(&mut answer.body).unwrap();
        answer
    }

    /// The head of an answer alone.
    pub(crate) fn head(&mut self) -> Answer {
        let status = self.line();
        let status = status.strip_prefix("HTTP/1.1 ").expect("an answer");
        let status = status[..3].parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap();
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        Answer {
            status,
            headers,
            body: Vec::new(),
        }
    }

    pub(crate) fn read_exact(&mut self, bytes: &mut [u8]) {
        self.stream.read_exact(bytes).unwrap();
    }

    /// Waits for the other side to close the connection, and panics if it sends anything instead.
    pub(crate) fn wait_closed(&mut self) {
        match self.stream.read(&mut [0]) {
            Ok(0) => {}
            // Closed with something unread.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("the connection is not closed: {other:?}"),
        }
    }

    /// Waits for the other side to close the connection, and throws away what comes before.
    pub(crate) fn drain(&mut self) {
        match io::copy(&mut self.stream, &mut io::sink()) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection is not closed: {error}"),
        }
    }

    /// Panics if anything has arrived, or the end.
    pub(crate) fn assert_open(&mut self) {
        assert!(self.stream.buffer().is_empty());
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).unwrap();
        let result = stream.peek(&mut [0]);
        stream.set_nonblocking(false).unwrap();
        let error = result.expect_err("nothing has arrived");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n").expect("a whole line").to_owned()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
