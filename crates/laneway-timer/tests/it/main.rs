//! The integration tests, as one binary.

mod wheel;

#[cfg(feature = "std")]
mod auto_traits;
#[cfg(feature = "std")]
mod clocks;
#[cfg(feature = "std")]
mod drive;
#[cfg(feature = "std")]
mod hostile;
#[cfg(feature = "std")]
mod interval;
#[cfg(feature = "std")]
mod lanes;
#[cfg(feature = "std")]
mod lanes_mixed;
#[cfg(feature = "std")]
mod reset;
#[cfg(feature = "std")]
mod rest;
#[cfg(feature = "std")]
mod sleep;
#[cfg(feature = "std")]
mod support;
#[cfg(feature = "std")]
mod timeout;
#[cfg(feature = "std")]
mod turn;
