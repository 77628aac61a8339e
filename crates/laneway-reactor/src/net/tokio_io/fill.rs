//! Reading into memory that is not initialised: the one room with unsafe code in this crate.
//!
//! # Invariants
//!
//! 1. What `ReadBuf::unfilled_mut` gives is only ever written to by a receive of the system, which leaves
//!    no byte less initialised than it was.
//! 2. When a receive says `n`, it has written the first `n` bytes. That is what
//!    [`ByteStream::recv_uninit`] promises, and this module trusts the implementations in `bytes.rs`, which
//!    are all there are.

#![allow(unsafe_code)]

use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::ReadBuf;

use crate::net::bytes::ByteStream;
use crate::registered::Registered;

/// Reads what there is into the unfilled part of `buf`.
pub(super) fn fill<S: ByteStream>(
    io: &Registered<S>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    // SAFETY: invariant 1.
    let unfilled = unsafe { buf.unfilled_mut() };
    let n = ready!(io.poll_read_uninit(cx, unfilled))?;
    // SAFETY: invariant 2.
    unsafe { buf.assume_init(n) };
    buf.advance(n);
    Poll::Ready(Ok(()))
}
