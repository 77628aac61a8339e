//! `cargo xtask faults`: the reference programs, with a system call that fails: each of some kinds, at
//! its first time, its second, and so on. A program may say that the system has refused it something;
//! it may not panic, and it must end.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Result, cargo, process, sanitize};

/// So often at most each kind is tried.
pub const TIMES: usize = 200;

/// A program that runs longer hangs: it gives up by itself what the system has broken.
const LIMIT: Duration = Duration::from_secs(90);

/// What fails in which program. A read that would block is not among them: an edge-triggered socket
/// that says so, and is ready, is broken. Nor is a wake of a futex, which never fails.
const KINDS: [(&str, &str, &str); 14] = [
    ("echo", "epoll_wait,epoll_pwait,epoll_pwait2", "EINTR"),
    ("echo", "accept4", "EMFILE"),
    ("echo", "accept4", "ENOBUFS"),
    ("echo", "accept4", "ECONNABORTED"),
    ("echo", "accept4", "EINTR"),
    ("echo", "socket", "EMFILE"),
    ("echo", "connect", "EINTR"),
    ("echo", "epoll_ctl", "ENOMEM"),
    ("echo", "recvfrom,recvmsg,readv", "EINTR"),
    ("echo", "sendto,sendmsg,writev", "EINTR"),
    ("echo", "sendto,sendmsg,writev", "ENOBUFS"),
    ("runtimes", "clone3", "EAGAIN"),
    (
        "runtimes",
        "epoll_create1,eventfd2,timerfd_create",
        "EMFILE",
    ),
    ("blocking", "clone3", "EAGAIN"),
];

/// How the runs of one kind ended.
#[derive(Debug, Default)]
struct Tally {
    ok: usize,
    refused: usize,
    failed: usize,
    slowest: Duration,
}

/// Runs the command.
pub fn run(times: usize) -> Result<()> {
    let version = Command::new("strace")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.map_err(|error| format!("strace is not installed: {error}"))?;
    let program = sanitize::reference()?;
    let log = cargo::workspace()?.target.join("faults.log");
    let mut table = Vec::new();
    for (name, calls, error) in KINDS {
        let mut tally = Tally::default();
        for at in 1..=times {
            if !try_one(
                &program,
                &log,
                name,
                &format!("{calls}:error={error}:when={at}"),
                &mut tally,
            )? {
                break;
            }
        }
        // And from then on, where that is no other way to say that nobody is ever served.
        let is_lasting = error != "EINTR" && calls != "accept4";
        for at in 1..=times.min(12) {
            let kind = format!("{calls}:error={error}:when={at}+");
            if is_lasting && !try_one(&program, &log, name, &kind, &mut tally)? {
                break;
            }
        }
        table.push((name, calls, error, tally));
    }
    println!(
        "{:<9} {:<38} {:<13} {:>5} {:>5} {:>8} {:>7} {:>8}",
        "program", "calls", "error", "runs", "ok", "refused", "failed", "slowest"
    );
    for (
        name,
        calls,
        error,
        Tally {
            ok,
            refused,
            failed,
            slowest,
        },
    ) in &table
    {
        let (runs, slowest) = (ok + refused + failed, slowest.as_secs_f64());
        println!(
            "{name:<9} {calls:<38} {error:<13} {runs:>5} {ok:>5} {refused:>8} {failed:>7} {slowest:>6.1} s"
        );
    }
    match table.iter().map(|(.., tally)| tally.failed).sum::<usize>() {
        0 => Ok(()),
        failed => Err(format!("{failed} runs panicked or hung").into()),
    }
}

/// One run; whether there was such a call to fail.
fn try_one(program: &Path, log: &Path, name: &str, kind: &str, tally: &mut Tally) -> Result<bool> {
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-qq", "-o"]).arg(log);
    let calls = kind.split(':').next().unwrap_or_default();
    command.args(["-e", &format!("trace={calls}")]);
    command
        .args(["-e", &format!("inject={kind}")])
        .arg(program)
        .arg(name);
    let outcome = process::run_limited(command, LIMIT)?;
    if !std::fs::read_to_string(log)?.contains("(INJECTED)") {
        return Ok(false);
    }
    tally.slowest = tally.slowest.max(outcome.elapsed);
    match outcome.status.and_then(|status| status.code()) {
        Some(0) => tally.ok += 1,
        Some(3) => tally.refused += 1,
        status => {
            tally.failed += 1;
            eprintln!("━━ {name}, {kind}: {status:?}\n{}", outcome.tail(20));
        }
    }
    Ok(true)
}
