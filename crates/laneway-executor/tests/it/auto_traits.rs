//! What may cross threads, and what may not.

use laneway_executor::{
    Builder, Executor, Handle, LocalExecutor, Report, StillRunning, ThreadPark,
};

fn is_send_and_sync<T: Send + Sync>() {}
fn is_send<T: Send>() {}
fn is_unpin<T: Unpin>() {}

#[test]
fn handles_and_reports_cross_threads() {
    is_send_and_sync::<Handle>();
    is_send_and_sync::<Report>();
    is_send_and_sync::<StillRunning>();
    is_send::<Executor>();
    is_send::<Builder>();
    is_send::<ThreadPark>();
    is_unpin::<Executor>();
    is_unpin::<LocalExecutor>();
}
