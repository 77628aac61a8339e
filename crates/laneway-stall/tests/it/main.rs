//! Threads that are asked where they are.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

mod sampling;
mod statics;
