//! The signal: who owns it, how a thread is asked by it, and what its handler does.
//!
//! # The protocol
//!
//! There is one [`Slot`] at a time, and one asker, who holds the sampler's lock.
//!
//! ```text
//!         asker: store          handler: exchange          handler: store
//!  IDLE ─────────────▶ ASKED ────────────────────▶ TAKEN ───────────────▶ DONE
//!    ▲                   │ asker, too late: exchange                       │
//!    └───────────────────┴──────────────────────── asker: store ◀──────────┘
//! ```
//!
//! # Invariants
//!
//! 1. The handler is async-signal-safe: it touches statics, its slot and its own stack, makes system
//!    calls, and leaves `errno` as it was.
//! 2. A slot is never freed, so a handler that comes late finds one.
//! 3. `copy` belongs to the handler from its exchange to TAKEN until its store of DONE, and to the asker
//!    at all other times. An asker that gives up in TAKEN puts another slot in place, and never looks at
//!    this one again.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};

/// Nobody needs it: it tells of urgent data on a socket, which nobody sends. Unless it is caught it is
/// ignored, so one that comes after the sampler has gone does no harm; a real-time signal would end the
/// process.
const SIGNAL: libc::c_int = libc::SIGURG;

/// How much of a stack is copied: some hundred frames of async code that is not optimized.
pub(super) const STACK: usize = 256 << 10;

/// A read ends at the first page that is not there; so each is asked for by itself.
const PAGE: usize = 4096;

/// A handler has begun in time and may be interrupted: then its copy is waited for a little longer.
const GRACE: Duration = Duration::from_secs(1);

/// As long as anybody waits.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

const IDLE: u32 = 0;
/// With the number of the thread in the bits above: see [`asked`].
const ASKED: u32 = 1;
const TAKEN: u32 = 2;
const DONE: u32 = 3;

static IS_OWNED: AtomicBool = AtomicBool::new(false);
static SLOT: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

/// Where a thread leaves its copy.
struct Slot {
    state: AtomicU32,
    copy: UnsafeCell<Copied>,
}

/// Where a thread was.
#[derive(Debug, Clone)]
pub(super) struct Copied {
    pub(super) registers: Registers,
    /// From the stack pointer on, as far as it could be read.
    pub(super) stack: Vec<u8>,
}

/// What unwinding begins with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Registers {
    pub(super) pc: u64,
    pub(super) sp: u64,
    pub(super) fp: u64,
    /// The return address, of a function that has not stored it.
    #[cfg(target_arch = "aarch64")]
    pub(super) lr: u64,
}

/// The right to the signal, until it is dropped.
#[derive(Debug)]
pub(super) struct Signal {
    before: libc::sigaction,
}

// SAFETY: a record of numbers and function addresses, which belong to the process.
unsafe impl Send for Signal {}

impl Signal {
    /// Takes the signal, if nobody has it.
    pub(super) fn take() -> io::Result<Self> {
        // Ordering: Acquire pairs with the Release in drop: the action there comes before the one here.
        if IS_OWNED.swap(true, Acquire) {
            return Err(busy("there is a sampler already"));
        }
        let taken = Self::install();
        if taken.is_err() {
            // Ordering: as in drop.
            IS_OWNED.store(false, Release);
        }
        taken
    }

    fn install() -> io::Result<Self> {
        // Ordering: Relaxed; only the owner of the signal writes it, and ownership is handed over above.
        if SLOT.load(Relaxed).is_null() {
            publish_new_slot();
        }
        // SAFETY: a record of numbers, for which zero is a value.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = handler as *const () as libc::sighandler_t;
        // On the alternate stack, if the thread has one: its own may be nearly used up.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
        let mut before = MaybeUninit::uninit();
        // SAFETY: the records outlive the calls; the handler keeps invariant 1.
        let before = unsafe {
            libc::sigfillset(&mut action.sa_mask);
            if libc::sigaction(SIGNAL, &action, before.as_mut_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            before.assume_init()
        };
        if before.sa_sigaction != libc::SIG_DFL && before.sa_sigaction != libc::SIG_IGN {
            restore(&before);
            return Err(busy("SIGURG has a handler already"));
        }
        Ok(Self { before })
    }

    /// Asks a thread where it is, and waits for its answer so long.
    pub(super) fn ask(&mut self, thread: u32, timeout: Duration) -> io::Result<Copied> {
        let deadline = Instant::now() + timeout.min(LONGEST);
        let asked = asked(thread)?;
        // Ordering: Relaxed; `&mut self` orders those who ask.
        let slot = SLOT.load(Relaxed);
        // SAFETY: invariant 2; `install` has put one there.
        let slot = unsafe { &*slot };
        // Ordering: Release pairs with the Acquire in the handler's exchange: whoever asked before has
        // read the copy.
        slot.state.store(asked, Release);
        // SAFETY: no pointers.
        let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, SIGNAL) };
        if sent != 0 {
            let error = io::Error::last_os_error();
            // Ordering: Relaxed; no handler has been asked.
            slot.state.store(IDLE, Relaxed);
            return Err(match error.raw_os_error() {
                Some(libc::ESRCH) => no_such_thread(),
                _ => error,
            });
        }
        if slot.wait_while(asked, deadline) && slot.take_back(asked) {
            return Err(timed_out());
        }
        if slot.wait_while(TAKEN, deadline + GRACE) {
            publish_new_slot();
            return Err(timed_out());
        }
        // SAFETY: invariant 3, the state is DONE.
        let copied = unsafe { (*slot.copy.get()).clone() };
        // Ordering: Relaxed; the next asker is ordered by `&mut self`, its handler by its Release.
        slot.state.store(IDLE, Relaxed);
        Ok(copied)
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        restore(&self.before);
        // Ordering: Release pairs with the Acquire in take.
        IS_OWNED.store(false, Release);
    }
}

impl Slot {
    /// Whether it is still in this state at the deadline.
    fn wait_while(&self, state: u32, deadline: Instant) -> bool {
        loop {
            // Ordering: Acquire pairs with the handler's Release of DONE: the copy is there.
            if self.state.load(Acquire) != state {
                return false;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let timeout = libc::timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(libc::time_t::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let wait = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
            // SAFETY: word and timeout outlive the call. However it ends, the loop looks again.
            unsafe { libc::syscall(libc::SYS_futex, self.state.as_ptr(), wait, state, &timeout) };
        }
    }

    /// Asks no more, unless a handler has begun.
    fn take_back(&self, asked: u32) -> bool {
        // Ordering: Acquire on failure, as in `wait_while`: it may be DONE by now. On success nothing has
        // been written.
        let exchanged = self.state.compare_exchange(asked, IDLE, Acquire, Acquire);
        exchanged.is_ok()
    }

    /// Leaves the copy, if it is this thread that is asked.
    fn answer(&self, context: &libc::ucontext_t) {
        // SAFETY: no pointers; async-signal-safe.
        let own = unsafe { libc::syscall(libc::SYS_gettid) };
        let Ok(asked) = asked(own as u32) else { return };
        // The number is part of the word: a handler that was stopped right here, and comes back when
        // another thread is asked, takes nothing.
        // Ordering: Acquire pairs with the asker's Release of ASKED. Relaxed on failure: nothing is done.
        let taken = self.state.compare_exchange(asked, TAKEN, Acquire, Relaxed);
        if taken.is_err() {
            return;
        }
        // SAFETY: invariant 3, this thread has taken the slot.
        let copy = unsafe { &mut *self.copy.get() };
        copy.registers = registers(context);
        // SAFETY: the vector has room for STACK bytes, of which so many are then written; setting its
        // length allocates nothing.
        unsafe {
            let length = read(copy.registers.sp as usize, copy.stack.as_mut_ptr());
            copy.stack.set_len(length);
        }
        // Ordering: Release pairs with the asker's Acquire: the copy is complete.
        self.state.store(DONE, Release);
        let wake = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the word is never freed (invariant 2).
        unsafe { libc::syscall(libc::SYS_futex, self.state.as_ptr(), wake, 1) };
    }
}

extern "C" fn handler(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the thread's own, always there.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    // Ordering: Acquire pairs with the Release in `publish_new_slot`: the slot is initialized.
    let slot = SLOT.load(Acquire);
    // SAFETY: with SA_SIGINFO the kernel passes a ucontext; the slot is valid by invariant 2.
    unsafe { (*slot).answer(&*context.cast()) };
    // SAFETY: as above.
    unsafe { *errno = before };
}

/// Copies the memory at `from`, as far as it is there, and says how much that was. No fault can come of
/// it, since it is the kernel that reads.
///
/// # Safety
///
/// `to` has room for [`STACK`] bytes that nobody else touches.
unsafe fn read(from: usize, to: *mut u8) -> usize {
    let local = libc::iovec {
        iov_base: to.cast(),
        iov_len: STACK,
    };
    let first = PAGE - from % PAGE;
    // One more, for what is left of the last page; the kernel stops when `local` is full.
    let mut pages = [local; STACK / PAGE + 1];
    for (index, page) in pages.iter_mut().enumerate() {
        // The first one ends with its page, the others are whole.
        let (at, length) = match index {
            0 => (from, first),
            _ => (from.wrapping_add(first + (index - 1) * PAGE), PAGE),
        };
        *page = libc::iovec {
            iov_base: ptr::without_provenance_mut(at),
            iov_len: length,
        };
    }
    // SAFETY: the caller's promise for `local`; of `pages` the kernel reads what is there. A system call
    // is async-signal-safe, and a process may read its own memory.
    let count = unsafe {
        let (count, own) = (pages.len() as libc::c_ulong, libc::getpid());
        libc::process_vm_readv(own, &local, 1, pages.as_ptr(), count, 0)
    };
    usize::try_from(count).unwrap_or(0)
}

#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> Registers {
    let register = |index: libc::c_int| context.uc_mcontext.gregs[index as usize] as u64;
    Registers {
        pc: register(libc::REG_RIP),
        sp: register(libc::REG_RSP),
        fp: register(libc::REG_RBP),
    }
}

#[cfg(target_arch = "aarch64")]
fn registers(context: &libc::ucontext_t) -> Registers {
    let machine = &context.uc_mcontext;
    Registers {
        pc: machine.pc,
        sp: machine.sp,
        fp: machine.regs[29],
        lr: machine.regs[30],
    }
}

/// The state in which this thread is asked. The system's numbers of threads have 22 bits.
fn asked(thread: u32) -> io::Result<u32> {
    match thread.checked_mul(4) {
        Some(number) => Ok(number | ASKED),
        None => Err(no_such_thread()),
    }
}

fn no_such_thread() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such thread")
}

fn publish_new_slot() {
    let copy = Copied {
        registers: Registers::default(),
        stack: Vec::with_capacity(STACK),
    };
    let slot = Box::leak(Box::new(Slot {
        state: AtomicU32::new(IDLE),
        copy: UnsafeCell::new(copy),
    }));
    // Ordering: Release pairs with the Acquire in the handler: it sees the slot initialized.
    SLOT.store(slot, Release);
}

fn restore(before: &libc::sigaction) {
    // SAFETY: an action that the kernel gave us.
    let restored = unsafe { libc::sigaction(SIGNAL, before, ptr::null_mut()) };
    debug_assert_eq!(restored, 0, "it was valid before");
}

fn busy(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, what)
}

fn timed_out() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "the thread does not take the signal",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(how: libc::c_int) {
        // SAFETY: zero is a set, and the set outlives the calls.
        let changed = unsafe {
            let mut set = mem::zeroed();
            libc::sigaddset(&mut set, SIGNAL);
            libc::pthread_sigmask(how, &set, ptr::null_mut())
        };
        assert_eq!(changed, 0);
    }

    fn slot() -> &'static Slot {
        // SAFETY: invariant 2; a signal has been taken before.
        unsafe { &*SLOT.load(Relaxed) }
    }

    #[test]
    fn a_handler_that_comes_late_leaves_nothing() {
        let mut signal = Signal::take().unwrap();
        // SAFETY: no pointers.
        let own = unsafe { libc::gettid() } as u32;
        mask(libc::SIG_BLOCK);
        let error = signal.ask(own, Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(slot().state.load(Relaxed), IDLE);
        // SAFETY: the thread's own.
        unsafe { *libc::__errno_location() = 7 };
        // The handler runs now.
        mask(libc::SIG_UNBLOCK);
        // SAFETY: the thread's own.
        assert_eq!(unsafe { *libc::__errno_location() }, 7);
        assert_eq!(slot().state.load(Relaxed), IDLE);
        // SAFETY: invariant 3, the state is IDLE.
        assert!(unsafe { &*slot().copy.get() }.stack.is_empty());

        let copied = signal.ask(own, Duration::from_secs(20)).unwrap();
        assert!(copied.registers.pc != 0 && !copied.stack.is_empty());
        assert_eq!(slot().state.load(Relaxed), IDLE);
    }
}
