//! What the service makes: a stream of numbers from a seed, rounds of work, and hashes.
//!
//! The load generator computes the same from its own code and compares; the page both are built from is
//! `xtask/src/load/protocol.rs`.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};

/// How much of a stream is made at a time: four writes of a socket's usual buffer.
const PIECE: u64 = 64 << 10;

/// A body that is made while it is sent.
#[derive(Debug)]
pub(crate) struct StreamBody {
    state: u64,
    left: u64,
}

impl StreamBody {
    /// The first `bytes` bytes of the stream of `seed`.
    pub(crate) fn new(seed: u64, bytes: u64) -> Self {
        let state = if seed == 0 {
            0x9E37_79B9_7F4A_7C15
        } else {
            seed
        };
        Self { state, left: bytes }
    }

    fn next_word(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn next_piece(&mut self) -> Bytes {
        let length = self.left.min(PIECE);
        self.left -= length;
        let mut piece = BytesMut::with_capacity(length.next_multiple_of(8) as usize);
        for _ in 0..length.div_ceil(8) {
            let word = self.next_word();
            piece.extend_from_slice(&word.to_le_bytes());
        }
        piece.truncate(length as usize);
        piece.freeze()
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(self.next_piece()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// `rounds` rounds of the finalizer of splitmix64.
pub(crate) fn work(rounds: u64, seed: u64) -> u64 {
    let mut x = seed;
    for _ in 0..rounds {
        let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x = z ^ (z >> 31);
    }
    x
}

/// The hash of a body.
pub(crate) fn hash(body: &[u8]) -> u64 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    let (words, rest) = body.as_chunks::<8>();
    let mut hash = words
        .iter()
        .fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = mix(hash, u64::from_le_bytes(last));
    }
    mix(hash, body.len() as u64)
}
