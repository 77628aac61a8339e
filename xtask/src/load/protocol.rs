//! What the service and the load generator say to each other: the page that a service is built
//! from.
//!
//! HTTP/1.1 over TCP with keep-alive, on one port. Bodies have a `content-length` or are chunked;
//! a connection stays open unless one side says `connection: close`.
//!
//! | request | answer |
//! |---|---|
//! | `GET /hello` | `hello, world` and a newline: 13 bytes |
//! | `GET /stream?bytes=N&seed=S` | the first N bytes of the stream of S, sent while it is made |
//! | `POST /echo` | the body of the request |
//! | `GET /work?rounds=N&seed=S` | the result of N rounds of work on S, in 16 hexadecimal digits; computed where computing belongs, not on a thread that answers requests |
//!
//! N and S are decimal and fit into 64 bits. Good answers have status 200; a wrong query has 400,
//! another path 404, another method 405. Every good answer but that of `/stream` carries the hash
//! of its body as header `x-hash`, in 16 lower-case hexadecimal digits. (A stream's hash is not
//! known when its head is sent.)
//!
//! # The stream of a seed
//!
//! Xorshift64*. The state begins as S, or as 0x9E3779B97F4A7C15 if S is 0. Each step does
//! `x ^= x >> 12; x ^= x << 25; x ^= x >> 27` and gives `x * 0x2545F4914F6CDD1D` (mod 2⁶⁴) as eight
//! bytes, the least significant first. The last step is cut to what is needed. ([`Stream`])
//!
//! # Work
//!
//! One round is the finalizer of splitmix64: `x += 0x9E3779B97F4A7C15`, `z = x`,
//! `z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9`, `z = (z ^ (z >> 27)) * 0x94D049BB133111EB`,
//! `z ^= z >> 31`; z is the x of the next round. ([`work`])
//!
//! # The hash
//!
//! `h = 0`; for every eight bytes, taken as a number with the least significant byte first and the
//! last ones padded with zeros: `h = (rotate_left(h, 5) ^ word) * 0x517CC1B727220A95`; at the end
//! once more with the number of bytes as the word. ([`Hasher`])
//!
//! # The process
//!
//! `service [ADDR [WAY]]` listens on `ADDR`, 127.0.0.1 and a free port by default. With a `WAY` to run
//! tasks, `fifo`, `classes` or `lanes`, it also has background jobs that take every core. Its first
//! line on stdout is `listening on ADDR`, with the port that it got. A line on its stdin it answers
//! with `jobs SECONDS`: how much work the jobs have done so far, in seconds of one core. When its stdin
//! ends it accepts no more, answers what was asked, prints one closing line, and exits with status 0.

/// The answer to `/hello`.
pub const HELLO: &[u8] = b"hello, world\n";

/// The header with the hash of an answer's body.
pub const HASH_HEADER: &str = "x-hash";

/// The stream of a seed: an endless iterator over words of eight bytes.
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Stream {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(if seed == 0 {
            0x9E37_79B9_7F4A_7C15
        } else {
            seed
        })
    }

    /// Its first `count` bytes.
    pub fn bytes(self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count.next_multiple_of(8)];
        for (eight, word) in bytes.as_chunks_mut().0.iter_mut().zip(self) {
            *eight = word.to_le_bytes();
        }
        bytes.truncate(count);
        bytes
    }
}

impl Iterator for Stream {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        Some(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D))
    }
}

/// `rounds` rounds of work on `seed`.
pub fn work(rounds: u64, seed: u64) -> u64 {
    (0..rounds).fold(seed, |x, _| {
        let z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

/// The hash of `bytes`.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = Hasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// Hashes bytes that come in pieces.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    hash: u64,
    length: u64,
    /// The bytes of a word that is not complete: the lowest `length % 8` bytes.
    rest: u64,
}

impl Hasher {
    /// Hashes more bytes.
    pub fn write(&mut self, mut bytes: &[u8]) {
        while !self.length.is_multiple_of(8) && !bytes.is_empty() {
            self.byte(bytes[0]);
            bytes = &bytes[1..];
        }
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        self.length += 8 * words.len() as u64;
        rest.iter().for_each(|byte| self.byte(*byte));
    }

    /// The hash of all bytes so far.
    pub fn finish(&self) -> u64 {
        let mut end = self.clone();
        if !end.length.is_multiple_of(8) {
            end.word(end.rest);
        }
        end.word(end.length);
        end.hash
    }

    fn byte(&mut self, byte: u8) {
        self.rest |= u64::from(byte) << (8 * (self.length % 8));
        self.length += 1;
        if self.length.is_multiple_of(8) {
            self.word(self.rest);
            self.rest = 0;
        }
    }

    fn word(&mut self, word: u64) {
        self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as the page says it, and nothing else.
    fn plain_hash(bytes: &[u8]) -> u64 {
        let mut words: Vec<u64> = bytes
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            })
            .collect();
        words.push(bytes.len() as u64);
        words.into_iter().fold(0, |h, word| {
            (u64::rotate_left(h, 5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95)
        })
    }

    #[test]
    fn pieces_do_not_matter() {
        let bytes = Stream::new(7).bytes(1_003);
        for length in [0, 1, 7, 8, 9, 1_003] {
            let bytes = &bytes[..length];
            assert_eq!(hash(bytes), plain_hash(bytes));
            for piece in [1, 3, 8, 11] {
                let mut hasher = Hasher::default();
                bytes.chunks(piece).for_each(|piece| hasher.write(piece));
                assert_eq!(
                    hasher.finish(),
                    plain_hash(bytes),
                    "{length} bytes by {piece}"
                );
            }
        }
    }

    /// Computed by another program, in another language, from the page above. Whoever builds a
    /// service can compare with these.
    #[test]
    fn known_values() {
        assert_eq!(hash(HELLO), 0x0c11_e655_5765_54b7);
        assert_eq!(Stream::new(1).next(), Some(0x47e4_ce4b_896c_dd1d));
        assert_eq!(hash(&Stream::new(1).bytes(1 << 20)), 0xca0b_a860_2a10_3333);
        assert_eq!(work(1, 0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(work(1_000, 1), 0x60e8_1d6f_5e2a_a735);
    }

    #[test]
    fn a_changed_bit_changes_the_hash() {
        let bytes = Stream::new(7).bytes(64);
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(hash(&changed), hash(&bytes));
        }
    }
}
