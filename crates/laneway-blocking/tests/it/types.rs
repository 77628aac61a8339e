//! What threads may do with the types.

use std::panic::{RefUnwindSafe, UnwindSafe};

use laneway_blocking::{
    AcquirePermit, BuildError, Builder, Closed, Errand, Full, Handle, Permit, Pool, Report,
    StillRunning,
};

const fn send<T: Send>() {}
const fn send_and_sync<T: Send + Sync>() {}
const fn unpin<T: Unpin>() {}
const fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
const fn error<T: std::error::Error + Send + Sync + 'static>() {}

const _: () = {
    send_and_sync::<Pool>();
    send_and_sync::<Handle>();
    send_and_sync::<Builder>();
    send_and_sync::<Permit>();
    send_and_sync::<AcquirePermit>();
    send_and_sync::<Errand>();
    send_and_sync::<Report>();
    send_and_sync::<StillRunning>();
    send_and_sync::<Full<u8>>();
    send::<Full<std::cell::Cell<u8>>>();
    unpin::<AcquirePermit>();
    unpin::<Permit>();
    unwind_safe::<Report>();
    error::<BuildError>();
    error::<Closed>();
    error::<Full<fn()>>();
};

#[test]
fn handles_are_one_word() {
    assert_eq!(size_of::<Handle>(), size_of::<usize>());
    assert_eq!(size_of::<Permit>(), size_of::<usize>());
}
