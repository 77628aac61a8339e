//! Reads one HTTP/1.1 answer as it arrives, in pieces of any size, and keeps no body: only its
//! length and its hash.

use std::mem;

use super::protocol::{HASH_HEADER, Hasher};

/// A head that is longer than this is none.
const MAX_HEAD: usize = 16 << 10;

/// An answer that has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    /// What the server says that the body's hash is.
    pub(super) told_hash: Option<u64>,
    /// The body's hash as it arrived.
    pub(super) hash: u64,
    pub(super) body_bytes: u64,
    /// Whether the server closes the connection.
    pub(super) closes: bool,
}

/// Why bytes are no answer.
pub(super) type Wrong = &'static str;

/// Reads one answer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
    /// The head, or the line of a chunk, as far as it has arrived.
    text: Vec<u8>,
    status: u16,
    told_hash: Option<u64>,
    closes: bool,
    hasher: Hasher,
    body_bytes: u64,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Head,
    /// So many bytes of body are to come.
    Body(u64),
    ChunkSize,
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    Done,
}

impl Reader {
    /// Reads more bytes; an answer if they complete one. Then the reader is as new.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Result<Option<Response>, Wrong> {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Head => self.head(bytes)?,
                State::Body(left) => self.body(bytes, left, State::Body, State::Done),
                State::ChunkData(left) => self.body(bytes, left, State::ChunkData, State::ChunkEnd),
                State::ChunkSize | State::ChunkEnd | State::Trailers => self.chunk_line(bytes)?,
                State::Done => return Err("more bytes than were asked for"),
            };
            bytes = &bytes[used..];
        }
        Ok(matches!(self.state, State::Done).then(|| mem::take(self).response()))
    }

    /// Whether nothing of an answer has arrived.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.state, State::Head) && self.text.is_empty()
    }

    fn head(&mut self, bytes: &[u8]) -> Result<usize, Wrong> {
        let before = self.text.len();
        self.text
            .extend_from_slice(&bytes[..bytes.len().min(MAX_HEAD)]);
        let from = before.saturating_sub(3);
        let Some(at) = self.text[from..]
            .windows(4)
            .position(|end| end == b"\r\n\r\n")
        else {
            return if self.text.len() < MAX_HEAD {
                Ok(bytes.len())
            } else {
                Err("head too long")
            };
        };
        let length = from + at + 4;
        let text = mem::take(&mut self.text);
        let head = str::from_utf8(&text[..length]).map_err(|_| "head is no text")?;
        self.state = self.parse_head(head)?;
        Ok(length - before)
    }

    fn parse_head(&mut self, head: &str) -> Result<State, Wrong> {
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
        let status = status.and_then(|line| line.get(..3)?.parse().ok());
        self.status = status.ok_or("no HTTP/1.1 status line")?;
        let mut body = None;
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or("header without a colon")?;
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                let length = value.parse().map_err(|_| "content-length is no number")?;
                body = Some(if length == 0 {
                    State::Done
                } else {
                    State::Body(length)
                });
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body = Some(State::ChunkSize);
            } else if name.eq_ignore_ascii_case("connection") {
                self.closes = value.eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case(HASH_HEADER) {
                let hash = u64::from_str_radix(value, 16).map_err(|_| "x-hash is no hash")?;
                self.told_hash = Some(hash);
            }
        }
        body.ok_or("neither content-length nor chunks")
    }

    fn body(
        &mut self,
        bytes: &[u8],
        left: u64,
        more: impl FnOnce(u64) -> State,
        end: State,
    ) -> usize {
        let used = usize::try_from(left).map_or(bytes.len(), |left| bytes.len().min(left));
        self.hasher.write(&bytes[..used]);
        self.body_bytes += used as u64;
        let left = left - used as u64;
        self.state = if left == 0 { end } else { more(left) };
        used
    }

    /// A line between chunks: a size, the end of a chunk, or a trailer.
    fn chunk_line(&mut self, bytes: &[u8]) -> Result<usize, Wrong> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.text.extend_from_slice(&bytes[..used]);
        if self.text.len() > MAX_HEAD {
            return Err("line of a chunk too long");
        }
        if end.is_some() {
            let text = mem::take(&mut self.text);
            let line = text
                .strip_suffix(b"\r\n")
                .ok_or("line of a chunk ends badly")?;
            let line = str::from_utf8(line).map_err(|_| "line of a chunk is no text")?;
            self.state = match self.state {
                State::ChunkSize => match chunk_size(line)? {
                    0 => State::Trailers,
                    size => State::ChunkData(size),
                },
                State::ChunkEnd if line.is_empty() => State::ChunkSize,
                State::ChunkEnd => return Err("chunk is longer than its size"),
                _ if line.is_empty() => State::Done,
                other => other,
            };
        }
        Ok(used)
    }

    fn response(self) -> Response {
        Response {
            status: self.status,
            told_hash: self.told_hash,
            hash: self.hasher.finish(),
            body_bytes: self.body_bytes,
            closes: self.closes,
        }
    }
}

/// The number before a chunk; extensions may follow it.
fn chunk_size(line: &str) -> Result<u64, Wrong> {
    let number = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(number, 16).map_err(|_| "size of a chunk is no number")
}

#[cfg(test)]
mod tests {
    use super::super::protocol::hash;
    use super::*;

    const PLAIN: &str =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Hash: 00000000000000ff\r\n\r\nhello";
    const CHUNKED: &str = "HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
                           3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nx-t: 1\r\n\r\n";

    fn read(text: &str, piece: usize) -> Result<Option<Response>, Wrong> {
        let mut reader = Reader::default();
        let mut response = Ok(None);
        for piece in text.as_bytes().chunks(piece) {
            assert_eq!(response, Ok(None), "an answer before its end");
            response = reader.read(piece);
            if response.is_err() {
                break;
            }
        }
        response
    }

    #[test]
    fn pieces_do_not_matter() {
        for piece in 1..CHUNKED.len() {
            let response = read(PLAIN, piece).unwrap().unwrap();
            assert_eq!((response.status, response.body_bytes), (200, 5));
            assert_eq!(
                (response.hash, response.told_hash),
                (hash(b"hello"), Some(255))
            );
            assert!(!response.closes);
            let response = read(CHUNKED, piece).unwrap().unwrap();
            assert_eq!((response.status, response.body_bytes), (404, 5));
            assert_eq!((response.hash, response.told_hash), (hash(b"hello"), None));
            assert!(response.closes);
        }
    }

    #[test]
    fn answers_without_a_body() {
        let response = read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 7)
            .unwrap()
            .unwrap();
        assert_eq!((response.body_bytes, response.hash), (0, hash(b"")));
    }

    #[test]
    fn one_after_the_other() {
        let mut reader = Reader::default();
        for _ in 0..3 {
            assert!(reader.is_new());
            assert_eq!(reader.read(&PLAIN.as_bytes()[..20]), Ok(None));
            assert!(!reader.is_new());
            assert!(reader.read(&PLAIN.as_bytes()[20..]).unwrap().is_some());
        }
    }

    #[test]
    fn what_is_no_answer() {
        let chunked =
            |body: &str| format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}");
        for text in [
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n".to_string(),
            "HTTP/1.1 200 OK\r\n\r\n".to_string(),
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n".to_string(),
            format!("{PLAIN}more"),
            "x".repeat(MAX_HEAD + 1),
            chunked("3\r\nhello\r\n"),
            chunked("-\r\n"),
            chunked("3\nabc\r\n"),
        ] {
            assert!(read(&text, 1 << 20).is_err(), "{text}");
            assert!(text.ends_with("more") || read(&text, 1).is_err(), "{text}");
        }
    }
}
