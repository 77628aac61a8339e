//! Tests of the crate through its public API.

mod abort;
mod alloc;
mod builder;
mod combinations;
mod current;
mod escalation;
mod join;
mod join_set;
mod lane;
mod life;
mod local;
mod shutdown;
mod stress;
mod support;
mod traits;

#[path = "../../examples/one_queue.rs"]
mod one_queue;

#[test]
fn the_example_runs() {
    one_queue::main();
}
