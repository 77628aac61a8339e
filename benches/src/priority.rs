//! Do priorities hold? Requests and timers of Critical tasks beside work that takes every core.
//!
//! The program `priority` runs each sample in a process of its own, in rounds in which every
//! [contestant] has its turn, and compares what came of it with [what must
//! hold](criterion).

pub mod burst;
pub mod cell;
pub mod contestant;
pub mod criterion;
pub mod floor;
pub mod instructions;
pub mod inversion;
pub mod lanes;
pub mod observed;
pub mod os;
pub mod overload;
pub mod pace;
pub mod row;
pub mod table;
pub mod window;
pub mod work;
