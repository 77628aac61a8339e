//! Who owns the signal: alone in a process of its own.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use std::io::ErrorKind;
use std::mem;

use laneway_stall::Sampler;

#[test]
fn the_signal_must_be_free_and_is_given_back() {
    extern "C" fn somebody(_: libc::c_int) {}
    let somebody = somebody as *const () as libc::sighandler_t;

    set(somebody);
    let error = Sampler::install().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    assert_eq!(get(), somebody);

    set(libc::SIG_DFL);
    let sampler = Sampler::install().unwrap();
    assert_ne!(get(), libc::SIG_DFL);
    drop(sampler);
    assert_eq!(get(), libc::SIG_DFL);
    drop(Sampler::install().unwrap());
}

fn set(handler: libc::sighandler_t) {
    // SAFETY: a handler that does nothing.
    let before = unsafe { libc::signal(libc::SIGURG, handler) };
    assert_ne!(before, libc::SIG_ERR);
}

fn get() -> libc::sighandler_t {
    // SAFETY: a record of numbers, for which zero is a value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    // SAFETY: the record outlives the call.
    let got = unsafe { libc::sigaction(libc::SIGURG, std::ptr::null(), &mut action) };
    assert_eq!(got, 0);
    action.sa_sigaction
}
