//! Where threads are, and what becomes of them.

use std::hint::{black_box, spin_loop};
use std::io::{ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use laneway_stall::{OsThread, Sampler, Stack};

/// Far longer than a thread needs to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// There is one in a process.
fn sampler() -> &'static Sampler {
    static SAMPLER: OnceLock<Sampler> = OnceLock::new();
    SAMPLER.get_or_init(|| Sampler::install().unwrap())
}

/// A thread that runs `f`, and its number.
fn started<T: Send + 'static>(
    f: impl FnOnce() -> T + Send + 'static,
) -> (OsThread, thread::JoinHandle<T>) {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        sender.send(OsThread::current().unwrap()).unwrap();
        f()
    });
    (receiver.recv_timeout(PATIENCE).unwrap(), thread)
}

#[inline(never)]
fn spins_until(stop: &AtomicBool) {
    while !black_box(stop).load(SeqCst) {
        spin_loop();
    }
}

/// Not the last thing it does, or its frame would be gone.
#[inline(never)]
fn calls_what_spins(stop: &AtomicBool) -> u32 {
    spins_until(stop);
    black_box(1)
}

fn has(stack: &Stack, function: &str) -> bool {
    let frames = stack.frames();
    let mut names = frames.iter().filter_map(|frame| frame.function());
    names.any(|name| name.contains(function))
}

/// The number is told shortly before the function is called.
fn sample_until(thread: OsThread, function: &str) -> Stack {
    for _ in 0..1000 {
        let stack = sampler().sample(thread, PATIENCE).unwrap();
        if has(&stack, function) {
            return stack;
        }
        thread::yield_now();
    }
    panic!(
        "{function} is not in\n{}",
        sampler().sample(thread, PATIENCE).unwrap()
    );
}

#[test]
fn a_thread_that_spins_is_found_with_its_callers() {
    let stop = Arc::new(AtomicBool::new(false));
    let its_stop = stop.clone();
    let (thread, handle) = started(move || calls_what_spins(&its_stop));
    let stack = sample_until(thread, "spins_until");
    assert!(has(&stack, "calls_what_spins"), "{stack}");
    assert!(has(&stack, "a_thread_that_spins_is_found"), "{stack}");
    assert!(!stack.is_cut() && stack.thread() == thread);
    let text = stack.to_string();
    assert!(text.contains("sampling.rs:"), "{text}");
    stop.store(true, SeqCst);
    assert_eq!(handle.join().unwrap(), 1);
}

/// One call: an interrupted one would be an error.
#[inline(never)]
fn takes_a_byte(reader: &mut impl Read) -> std::io::Result<(usize, u8)> {
    let mut byte = [0];
    let count = reader.read(black_box(&mut byte))?;
    Ok((count, byte[0]))
}

#[test]
fn a_thread_in_a_blocking_call_is_found_and_goes_on() {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let (thread, handle) = started(move || takes_a_byte(&mut reader));
    sample_until(thread, "takes_a_byte");
    for _ in 0..100 {
        sampler().sample(thread, PATIENCE).unwrap();
    }
    writer.write_all(&[7]).unwrap();
    assert_eq!(handle.join().unwrap().unwrap(), (1, 7));
}

#[test]
fn a_thread_that_has_ended_is_an_error() {
    let (thread, handle) = started(|| ());
    handle.join().unwrap();
    // The number is free a little after the join.
    while OsThread::all().unwrap().contains(&thread) {
        thread::yield_now();
    }
    let error = sampler().sample(thread, PATIENCE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(thread.name().unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn many_ask_at_once() {
    let stop = Arc::new(AtomicBool::new(false));
    let spinning: Vec<_> = (0..3)
        .map(|_| {
            let stop = stop.clone();
            started(move || calls_what_spins(&stop))
        })
        .collect();
    let threads: Vec<OsThread> = spinning.iter().map(|(thread, _)| *thread).collect();
    threads
        .iter()
        .for_each(|thread| drop(sample_until(*thread, "spins_until")));
    thread::scope(|scope| {
        for asker in 0..4 {
            let threads = &threads;
            scope.spawn(move || {
                for turn in 0..10 {
                    let thread = threads[(asker + turn) % threads.len()];
                    let stack = sampler().sample(thread, PATIENCE).unwrap();
                    assert!(has(&stack, "calls_what_spins"), "{stack}");
                }
            });
        }
    });
    stop.store(true, SeqCst);
    for (_, handle) in spinning {
        handle.join().unwrap();
    }
}

#[test]
fn a_thread_can_ask_for_itself() {
    let stack = sampler()
        .sample(OsThread::current().unwrap(), PATIENCE)
        .unwrap();
    assert!(has(&stack, "a_thread_can_ask_for_itself"), "{stack}");
}

#[test]
fn a_thread_that_blocks_the_signal_does_not_answer_and_later_does() {
    let (unblock, blocked) = mpsc::channel::<()>();
    let (is_blocked, when_blocked) = mpsc::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let its_stop = stop.clone();
    let (thread, handle) = started(move || {
        mask(libc::SIG_BLOCK);
        is_blocked.send(()).unwrap();
        blocked.recv_timeout(PATIENCE).unwrap();
        mask(libc::SIG_UNBLOCK);
        calls_what_spins(&its_stop)
    });
    when_blocked.recv_timeout(PATIENCE).unwrap();
    let error = sampler()
        .sample(thread, Duration::from_millis(1))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    unblock.send(()).unwrap();
    sample_until(thread, "spins_until");
    stop.store(true, SeqCst);
    handle.join().unwrap();
}

fn mask(how: libc::c_int) {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is initialized by the first call and outlives the others.
    let changed = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGURG);
        libc::pthread_sigmask(how, set.as_ptr(), std::ptr::null_mut())
    };
    assert_eq!(changed, 0);
}

#[test]
fn there_is_one_sampler() {
    sampler();
    let error = Sampler::install().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
}

#[test]
fn a_deep_stack_is_cut() {
    #[inline(never)]
    fn dives(depth: u32, stop: &AtomicBool) -> u32 {
        let room = black_box([depth; 256]);
        match depth {
            0 => spins_until(stop),
            _ => drop(dives(depth - 1, stop)),
        }
        room[(depth % 256) as usize]
    }
    let stop = Arc::new(AtomicBool::new(false));
    let its_stop = stop.clone();
    let (thread, handle) = started(move || dives(600, &its_stop));
    let stack = sample_until(thread, "spins_until");
    assert!(stack.is_cut() && has(&stack, "dives"));
    assert!(stack.to_string().ends_with("beyond what is copied"));
    stop.store(true, SeqCst);
    handle.join().unwrap();
}
