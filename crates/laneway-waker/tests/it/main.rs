//! The crate from outside: what its parts do on one thread, and with threads that nobody models.

mod atomic_waker;
mod block_on;
mod budget;
mod inbox;
mod lane;
mod markers;
mod parker;
mod wake_batch;
mod wakers;
mod yield_now;
