//! The example runs.

#[path = "../../examples/foreign_echo.rs"]
#[allow(dead_code)]
mod foreign_echo;

#[test]
fn foreign_echo() {
    crate::support::in_time(|| foreign_echo::run().unwrap());
}
