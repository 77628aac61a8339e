//! What a task carries for others to read: its name, and 16 bytes of the user's.
//!
//! # Invariants
//!
//! 1. `bytes` of a `Some` hold a value of the type that `kind` names, from its first byte on.
//! 2. Only types that are `Copy + Send + Sync + 'static`, of at most [`SIZE`] bytes and at most
//!    [`ALIGN`] in alignment, get in.
#![allow(unsafe_code)]

use alloc::borrow::Cow;
use core::any::TypeId;
use core::mem::MaybeUninit;

/// A pointer and a length, a `u128` in two halves, a trace id.
const SIZE: usize = 16;
const ALIGN: usize = 8;

/// The optional end of a task's allocation.
pub(crate) struct Tail {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) attributes: Option<Attributes>,
}

/// A value of some small type, and which.
#[derive(Clone, Copy)]
pub(crate) struct Attributes {
    kind: TypeId,
    bytes: MaybeUninit<[u64; SIZE / ALIGN]>,
}

impl Attributes {
    pub(crate) fn new<A: Copy + Send + Sync + 'static>(value: A) -> Self {
        const {
            assert!(size_of::<A>() <= SIZE, "attributes take at most 16 bytes");
            assert!(
                align_of::<A>() <= ALIGN,
                "attributes are aligned to at most 8 bytes"
            );
        }
        let mut bytes = MaybeUninit::<[u64; SIZE / ALIGN]>::uninit();
        // SAFETY: `bytes` has room for an `A` and its alignment (2, just asserted), and is ours.
        unsafe { bytes.as_mut_ptr().cast::<A>().write(value) };
        Self {
            kind: TypeId::of::<A>(),
            bytes,
        }
    }

    pub(crate) fn get<A: Copy + Send + Sync + 'static>(&self) -> Option<A> {
        if self.kind != TypeId::of::<A>() {
            return None;
        }
        // SAFETY: the bytes hold an `A` (1), aligned for it (2), and it may be copied.
        Some(unsafe { self.bytes.as_ptr().cast::<A>().read() })
    }
}
