//! Unsafe code lives in few, named rooms.

use super::source::words;
use super::tree::{File, crate_of};
use super::{Finding, Tree};

/// Every file with unsafe code, and what for. A new room needs a reason that can be measured.
const ROOMS: &[(&str, &str)] = &[
    (
        "crates/laneway-executor/src/os.rs",
        "the system's scheduling calls",
    ),
    (
        "crates/laneway-executor/src/registered.rs",
        "the executor's context pointer",
    ),
    ("crates/laneway-fifo/src/ring.rs", "the stealing ring"),
    (
        "crates/laneway-hyper/src/io.rs",
        "hyper's buffers, filled in place",
    ),
    (
        "crates/laneway-reactor/src/net/tokio_io/fill.rs",
        "tokio's buffers, filled in place",
    ),
    (
        "crates/laneway-stall/src/linux/handler.rs",
        "the signal and its handler",
    ),
    (
        "crates/laneway-task/src/attributes.rs",
        "the task's optional tail",
    ),
    (
        "crates/laneway-task/src/current.rs",
        "the view of the running task",
    ),
    (
        "crates/laneway-task/src/owned.rs",
        "the owner's list of tasks",
    ),
    (
        "crates/laneway-task/src/raw.rs",
        "the task cell: its pointer and vtable",
    ),
    (
        "crates/laneway-task/src/raw/cell.rs",
        "the task cell: its memory",
    ),
    (
        "crates/laneway-task/src/raw/harness.rs",
        "the task cell: who polls",
    ),
    (
        "crates/laneway-task/src/raw/join.rs",
        "the task cell: who takes the output",
    ),
    (
        "crates/laneway-task/src/raw/ticket.rs",
        "the task cell: a pointer and a class in one word",
    ),
    (
        "crates/laneway-task/src/raw/waker.rs",
        "the task cell: its one waker vtable",
    ),
    (
        "crates/laneway-task/src/schedule.rs",
        "the thin pointer to a scheduler",
    ),
    ("crates/laneway-waker/src/atomic_waker.rs", "the waker slot"),
    (
        "crates/laneway-waker/src/inbox.rs",
        "what threads of other lanes leave",
    ),
    (
        "crates/laneway-waker/src/thread.rs",
        "the flag that a worker obeys",
    ),
];

const ALLOW: &str = "allow(unsafe_code)";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, ROOMS)
}

fn check_with(tree: &Tree, rooms: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in tree.sources() {
        let is_room = rooms.iter().any(|(room, _)| *room == path);
        if let Some(at) = first_unsafe(file).filter(|_| !is_room) {
            let message = "has unsafe code and is not a room in tidy's table";
            findings.push(Finding::new(path, at, message));
        }
        for (at, line) in file.code().filter(|(_, line)| line.code.contains(ALLOW)) {
            if !(is_room && line.code.contains("#![allow")) {
                let message = "allows unsafe code: only rooms do, for the whole file";
                findings.push(Finding::new(path, at, message));
            }
        }
        if is_root(path) {
            let has_rooms = rooms
                .iter()
                .any(|(room, _)| crate_of(room) == crate_of(path));
            let lint = if has_rooms {
                "#![deny(unsafe_code)]"
            } else {
                "#![forbid(unsafe_code)]"
            };
            if !has_attribute(file, lint) {
                findings.push(Finding::new(path, 0, format!("`{lint}` is missing")));
            }
        }
    }
    for (path, _) in rooms {
        let mut find = |message: &str| findings.push(Finding::new(path, 0, message));
        let Some(file) = tree.files.get(*path) else {
            find("is a room in tidy's table and does not exist");
            continue;
        };
        if !has_attribute(file, "#![allow(unsafe_code)]") {
            find("is a room without `#![allow(unsafe_code)]`");
        }
        if !file
            .lines
            .iter()
            .any(|line| line.comment.trim_end().ends_with("# Invariants"))
        {
            find("is a room without `# Invariants`");
        }
        if !file
            .code()
            .any(|(_, line)| words(&line.code).any(|word| word == "unsafe"))
        {
            find("is a room without unsafe code: take it out of tidy's table");
        }
    }
    findings
}

/// The first line with unsafe code that is no test.
fn first_unsafe(file: &File) -> Option<usize> {
    let mut code = file.code();
    code.find(|(_, line)| words(&line.code).any(|word| word == "unsafe"))
        .map(|(at, _)| at)
}

/// Whether a file is what a crate begins with.
fn is_root(path: &str) -> bool {
    path.strip_prefix("crates/")
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(_, path)| matches!(path, "src/lib.rs" | "src/main.rs"))
}

fn has_attribute(file: &File, attribute: &str) -> bool {
    file.lines.iter().any(|line| line.code.trim() == attribute)
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    const ROOT: &str = "crates/a/src/lib.rs";
    const ROOM: &str = "crates/a/src/cell.rs";
    const GOOD_ROOM: &str =
        "//! A cell.\n//!\n//! # Invariants\n#![allow(unsafe_code)]\nunsafe {}\n";

    fn found(root: &str, room: &str, rooms: &[(&str, &str)]) -> Vec<String> {
        let tree = planted::files(&[(ROOT, root), (ROOM, room)]);
        check_with(&tree, rooms)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn a_good_room_and_a_crate_without() {
        assert!(found("#![deny(unsafe_code)]\n", GOOD_ROOM, &[(ROOM, "")]).is_empty());
        let text = "//! No unsafe here: `unsafe` is a word of prose.\nfn f() { g(\"unsafe\") }\n";
        assert!(found("#![forbid(unsafe_code)]\n", text, &[]).is_empty());
    }

    #[test]
    fn unsafe_outside_a_room_is_found() {
        let messages = found("#![forbid(unsafe_code)]\n", "//! A.\nunsafe {}\n", &[]);
        assert!(messages[0].starts_with("crates/a/src/cell.rs:2: has unsafe code"));
        let messages = found(
            "#![forbid(unsafe_code)]\n#[allow(unsafe_code)]\nmod a;",
            "",
            &[],
        );
        assert!(messages[0].contains("allows unsafe code"));
    }

    #[test]
    fn the_lint_at_the_root_is_the_right_one() {
        assert!(found("", "", &[])[0].contains("`#![forbid(unsafe_code)]` is missing"));
        let messages = found("#![forbid(unsafe_code)]\n", GOOD_ROOM, &[(ROOM, "")]);
        assert!(messages[0].contains("`#![deny(unsafe_code)]` is missing"));
    }

    #[test]
    fn a_room_is_furnished() {
        let found = |room: &str| found("#![deny(unsafe_code)]\n", room, &[(ROOM, "")]).join("\n");
        assert!(found(&GOOD_ROOM.replace("# Invariants", "")).contains("without `# Invariants`"));
        assert!(found(&GOOD_ROOM.replace("unsafe {}", "")).contains("without unsafe code"));
        let outer = GOOD_ROOM.replace("#![allow(unsafe_code)]", "");
        assert!(found(&outer).contains("without `#![allow(unsafe_code)]`"));
    }

    #[test]
    fn a_room_that_is_gone_is_found() {
        let tree = planted::file(ROOT, "#![deny(unsafe_code)]\n");
        let findings = check_with(&tree, &[(ROOM, "")]);
        assert!(findings[0].message.contains("does not exist"));
    }

    #[test]
    fn tests_may_be_unsafe() {
        let text = "#![forbid(unsafe_code)]\n#[cfg(test)]\nmod tests {\n unsafe {}\n}\n";
        assert!(found(text, "", &[]).is_empty());
    }
}
