//! Models of a task's races.
//!
//! `RUSTFLAGS="--cfg laneway_loom" cargo test --release -p laneway-task --test loom`; without the
//! flag each model runs once, on threads of the system.
//!
//! Loom finds leaks of its own `Arc`s, so a future, an output or a lane that is not dropped fails
//! the model; so does a task's memory that is freed before every use of it.

#[path = "loom/end.rs"]
mod end;
#[path = "loom/escalation.rs"]
mod escalation;
#[path = "loom/join.rs"]
mod join;
#[path = "loom/join_set.rs"]
mod join_set;
#[path = "loom/shutdown.rs"]
mod shutdown;
#[path = "loom/support.rs"]
mod support;
#[path = "loom/wake.rs"]
mod wake;
