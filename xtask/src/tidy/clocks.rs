//! Threads and time: who starts threads, who reads the clock, and that nobody sleeps.

use super::paths::{Named, ends_in, named};
use super::tree::{File, crate_of};
use super::{Finding, Tree};

/// The crates that start threads; a part is turned, it does not turn itself.
const STARTERS: [&str; 2] = ["laneway-blocking", "laneway-executor"];

/// What starts a thread.
const STARTS: [&str; 3] = ["thread::spawn", "thread::Builder", "thread::scope"];

/// The files that read the clock, and what for; everybody else is told the time.
const CLOCKS: &[(&str, &str)] = &[
    (
        "crates/laneway-executor/src/clock.rs",
        "the clock that schedulers are given",
    ),
    (
        "crates/laneway-executor/src/executor.rs",
        "the limit of a shutdown",
    ),
    (
        "crates/laneway-executor/src/monitor.rs",
        "how long a poll lasts",
    ),
    (
        "crates/laneway-stall/src/linux/handler.rs",
        "how long a thread is waited for",
    ),
    ("crates/laneway-timer/src/clock.rs", "the clock of timers"),
    (
        "crates/laneway-waker/src/parker.rs",
        "how long it is to a deadline",
    ),
    ("crates/laneway/src/pools.rs", "the limit of a shutdown"),
    ("crates/laneway/src/runtime.rs", "the limit of a shutdown"),
    (
        "crates/laneway-blocking/src/shared.rs",
        "the age of a job, the idle time of a thread",
    ),
    (
        "crates/laneway-reactor/src/deadline/linux.rs",
        "whether a deadline has passed",
    ),
];

/// What reads the clock.
const READS: [&str; 2] = ["Instant::now", "SystemTime::now"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in tree.rust().filter(|(path, _)| !path.starts_with("xtask/")) {
        for named in named(file) {
            if let Some(message) = wrong(path, file, &named) {
                findings.push(Finding::new(path, named.line, message));
            }
        }
    }
    for (clock, _) in CLOCKS {
        if !tree.files.get(*clock).is_some_and(reads_clock) {
            let message = "is listed in tidy as a clock and does not read the clock";
            findings.push(Finding::new(clock, 0, message));
        }
    }
    findings
}

fn wrong(path: &str, file: &File, named: &Named) -> Option<&'static str> {
    let is = |name: &&str| ends_in(&named.path, name) || named.path.contains(&format!("{name}::"));
    if is(&"thread::sleep") && !has_reason(file, named.line) {
        return Some("sleeps: wait for something, or say `why:` beside it");
    }
    if named.is_test || !path.starts_with("crates/") || crate_of(path) == Some("laneway-loom") {
        return None;
    }
    // The import of a name is found where the name is used.
    if STARTS.iter().any(is) && !crate_of(path).is_some_and(|name| STARTERS.contains(&name)) {
        return Some("starts a thread: only laneway-executor and laneway-blocking do");
    }
    if READS.iter().any(is) && !CLOCKS.iter().any(|(clock, _)| *clock == path) {
        return Some("reads the clock: only the files listed in tidy do");
    }
    None
}

fn reads_clock(file: &File) -> bool {
    let mut named = named(file).into_iter().filter(|named| !named.is_test);
    named.any(|named| READS.iter().any(|name| ends_in(&named.path, name)))
}

/// Whether the line, or a comment right above it, says `why:`.
fn has_reason(file: &File, line: usize) -> bool {
    let above = file.lines[..line - 1].iter().rev();
    let comments = above.take_while(|line| !line.has_code() && !line.comment.is_empty());
    file.lines[line - 1..line]
        .iter()
        .chain(comments)
        .any(|line| line.comment.contains("why:"))
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        planted::lines(check, path, text)
            .into_iter()
            .filter(|line| *line > 0)
            .collect()
    }

    #[test]
    fn only_two_crates_start_threads() {
        for start in STARTS {
            let text = format!("use laneway_loom::thread;\nfn f() {{ {start}(g) }}\n");
            assert_eq!(
                lines("crates/laneway-timer/src/lib.rs", &text),
                [2],
                "{start}"
            );
            assert!(lines("crates/laneway-executor/src/lib.rs", &text).is_empty());
            assert!(lines("crates/laneway-timer/tests/it/main.rs", &text).is_empty());
        }
        let text = "fn f() { std::thread::Builder::new() }";
        assert_eq!(lines("crates/laneway-timer/src/lib.rs", text), [1]);
    }

    #[test]
    fn only_clocks_read_the_clock() {
        let text = "use std::time::Instant;\nfn f() { Instant::now() }\n";
        assert_eq!(lines("crates/laneway-timer/src/wheel.rs", text), [2]);
        assert!(lines(CLOCKS[0].0, text).is_empty());
        assert!(lines("crates/laneway-timer/tests/it/main.rs", text).is_empty());
        let text = "let now = std::time::SystemTime::now;";
        assert_eq!(lines("crates/laneway-timer/src/wheel.rs", text), [1]);
    }

    #[test]
    fn a_clock_that_is_gone_is_told() {
        let findings = check(&planted::files(&[]));
        assert_eq!(findings.len(), CLOCKS.len());
    }

    #[test]
    fn nobody_sleeps_without_a_reason() {
        let path = "crates/laneway-timer/tests/it/main.rs";
        assert_eq!(lines(path, "fn f() {\n std::thread::sleep(d);\n}\n"), [2]);
        assert_eq!(
            lines(path, "use std::thread;\nfn f() { thread::sleep(d) }\n"),
            [2]
        );
        assert_eq!(lines("tests/a.rs", "use std::thread::sleep;\n"), [1]);
        assert!(lines(path, "std::thread::sleep(d); // why: the kernel's clock\n").is_empty());
        assert!(
            lines(
                path,
                "// why: the kernel's\n// own clock\nstd::thread::sleep(d);\n"
            )
            .is_empty()
        );
        assert_eq!(
            lines(path, "// why: this\nf();\nstd::thread::sleep(d);\n"),
            [3]
        );
    }
}
