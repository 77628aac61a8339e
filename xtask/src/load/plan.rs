//! What is asked next, and what the answer must be.

use std::rc::Rc;
use std::str::FromStr;

use super::Options;
use super::protocol::{HELLO, Stream, hash, work};
use super::response::Response;

/// There are so many different requests of each kind. Their answers are computed once, before the
/// clock starts, so that the load generator costs little while it measures.
const SEEDS: u64 = 16;

/// The four kinds of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A small answer.
    Hello,
    /// A large one, streamed.
    Stream,
    /// A body there and back.
    Echo,
    /// Computing, on the service's blocking pool.
    Work,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hello, Self::Stream, Self::Echo, Self::Work];

    /// Its name: its path, without the slash.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Stream => "stream",
            Self::Echo => "echo",
            Self::Work => "work",
        }
    }
}

/// How often which kind is asked for, relative to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix([u32; 4]);

/// Mostly small requests, and enough of the others that each has a percentile worth reading.
impl Default for Mix {
    fn default() -> Self {
        Self([70, 4, 20, 6])
    }
}

/// `hello=70,stream=4`: kinds that are not named are not asked for.
impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut mix = Self([0; 4]);
        for part in text.split(',') {
            let (name, weight) = part
                .split_once('=')
                .ok_or(format!("`{part}`: no `kind=weight`"))?;
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind = kind.ok_or(format!("`{name}`: no such kind of request"))?;
            let weight = weight
                .parse::<u16>()
                .map_err(|error| format!("`{part}`: {error}"))?;
            mix.0[kind as usize] = u32::from(weight);
        }
        if mix.0 == [0; 4] {
            Err(format!("`{text}` asks for nothing"))
        } else {
            Ok(mix)
        }
    }
}

/// One request, and its answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) kind: Kind,
    /// Head and body, as they go over the wire.
    pub(super) bytes: Vec<u8>,
    body_bytes: u64,
    hash: u64,
}

impl Request {
    fn new(kind: Kind, head: &str, sent: &[u8], answer_bytes: u64, hash: u64) -> Rc<Self> {
        let mut bytes = format!("{head} HTTP/1.1\r\nhost: demo\r\n").into_bytes();
        if kind == Kind::Echo {
            bytes.extend(format!("content-length: {}\r\n", sent.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(sent);
        Rc::new(Self {
            kind,
            bytes,
            body_bytes: answer_bytes,
            hash,
        })
    }

    /// What is wrong with an answer to this request.
    pub(super) fn check(&self, response: &Response) -> Result<(), String> {
        let name = self.kind.name();
        if response.status != 200 {
            return Err(format!("{name}: status {}", response.status));
        }
        if response.body_bytes != self.body_bytes {
            return Err(format!("{name}: body of another length"));
        }
        if response.hash != self.hash {
            return Err(format!("{name}: body of another content"));
        }
        match response.told_hash {
            Some(told) if told != self.hash => Err(format!("{name}: x-hash is wrong")),
            None if self.kind != Kind::Stream => Err(format!("{name}: x-hash is missing")),
            _ => Ok(()),
        }
    }
}

/// Chooses requests.
#[derive(Debug)]
pub(super) struct Plan {
    mix: Mix,
    requests: [Vec<Rc<Request>>; 4],
    random: Stream,
}

impl Plan {
    pub(super) fn new(options: &Options) -> Self {
        let of_kind = |kind| {
            (1..=SEEDS)
                .map(|seed| request(kind, seed, options))
                .collect()
        };
        Self {
            mix: options.mix,
            requests: Kind::ALL.map(of_kind),
            random: Stream::new(1),
        }
    }

    /// The next request: a kind by its weight, and one of its seeds.
    pub(super) fn next(&mut self) -> Rc<Request> {
        let random = self.random.next().unwrap_or_default();
        let total: u32 = self.mix.0.iter().sum();
        let mut at = (random >> 32) as u32 % total;
        let mut kind = 0;
        while at >= self.mix.0[kind] {
            at -= self.mix.0[kind];
            kind += 1;
        }
        let of_kind = &self.requests[kind];
        of_kind[random as usize % of_kind.len()].clone()
    }
}

fn request(kind: Kind, seed: u64, options: &Options) -> Rc<Request> {
    match kind {
        Kind::Hello => {
            let length = HELLO.len() as u64;
            Request::new(kind, "GET /hello", &[], length, hash(HELLO))
        }
        Kind::Stream => {
            let bytes = options.stream_bytes;
            let answer = hash(&Stream::new(seed).bytes(bytes));
            let head = format!("GET /stream?bytes={bytes}&seed={seed}");
            Request::new(kind, &head, &[], bytes as u64, answer)
        }
        Kind::Echo => {
            let body = Stream::new(seed).bytes(options.echo_bytes);
            Request::new(kind, "POST /echo", &body, body.len() as u64, hash(&body))
        }
        Kind::Work => {
            let rounds = options.work_rounds;
            let answer = format!("{:016x}", work(rounds, seed));
            let head = format!("GET /work?rounds={rounds}&seed={seed}");
            Request::new(
                kind,
                &head,
                &[],
                answer.len() as u64,
                hash(answer.as_bytes()),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixes() {
        assert_eq!("hello=1,work=3".parse(), Ok(Mix([1, 0, 0, 3])));
        for text in ["", "hello", "hello=-1", "hullo=1", "hello=0"] {
            assert!(text.parse::<Mix>().is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_come_as_often_as_their_weights_say() {
        let options = Options {
            stream_bytes: 8,
            work_rounds: 1,
            ..Options::default()
        };
        let mut plan = Plan::new(&Options {
            mix: Mix([60, 30, 10, 0]),
            ..options
        });
        let mut counts = [0; 4];
        for _ in 0..10_000 {
            counts[plan.next().kind as usize] += 1;
        }
        for (count, expected) in counts.into_iter().zip([6_000, 3_000, 1_000, 0_i32]) {
            assert!((count - expected).abs() < 200, "{counts:?}");
        }
    }

    #[test]
    fn wrong_answers_are_told() {
        let request = request(Kind::Hello, 1, &Options::default());
        let good = || Response {
            status: 200,
            told_hash: Some(hash(HELLO)),
            hash: hash(HELLO),
            body_bytes: 13,
            closes: false,
        };
        assert_eq!(request.check(&good()), Ok(()));
        for wrong in [
            Response {
                status: 500,
                ..good()
            },
            Response {
                told_hash: None,
                ..good()
            },
            Response {
                told_hash: Some(0),
                ..good()
            },
            Response { hash: 0, ..good() },
            Response {
                body_bytes: 12,
                ..good()
            },
        ] {
            assert!(request.check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
