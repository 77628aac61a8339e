//! The door: what loom has to see comes from laneway-loom.

use super::paths::{is_in, named};
use super::tree::crate_of;
use super::{Finding, Tree};

/// The crate that is the door.
const DOOR: &str = "laneway-loom";

/// What only the door may name.
const BEHIND_THE_DOOR: [&str; 16] = [
    "std::cell::*",
    "std::cell::UnsafeCell",
    "std::sync::*",
    "std::sync::Barrier",
    "std::sync::Condvar",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::atomic",
    "std::sync::mpsc",
    "std::thread::*",
    "std::thread::Builder",
    "std::thread::park",
    "std::thread::scope",
    "std::thread::spawn",
    "std::thread_local",
    "thread_local",
];

/// Files that may go round the door, what for, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "crates/laneway-stall/src/linux/handler.rs",
        "std::cell::UnsafeCell",
        "a signal handler writes it: loom has no signals",
    ),
    (
        "crates/laneway-stall/src/linux/handler.rs",
        "std::sync::atomic",
        "a signal handler finds them in statics, and the kernel waits on one",
    ),
    (
        "crates/laneway-task/src/id.rs",
        "std::sync::atomic",
        "a counter of the whole process: loom's atomics cannot be statics",
    ),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, EXCEPTIONS)
}

fn check_with(tree: &Tree, exceptions: &[(&str, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in tree
        .sources()
        .filter(|(path, _)| crate_of(path) != Some(DOOR))
    {
        for named in named(file).into_iter().filter(|named| !named.is_test) {
            // Of an import that breaks the rule, the import is told and not every use.
            let is_told = BEHIND_THE_DOOR
                .iter()
                .any(|name| is_in(&named.import, name));
            let name = BEHIND_THE_DOOR.iter().find(|name| is_in(&named.path, name));
            let Some(name) = name.filter(|_| !is_told) else {
                continue;
            };
            if !exceptions
                .iter()
                .any(|(file, what, _)| *file == path && what == name)
            {
                let message = format!("`{name}` comes from laneway-loom, so that loom sees it");
                findings.push(Finding::new(path, named.line, message));
            }
        }
    }
    for (path, _, _) in exceptions {
        if !tree.files.contains_key(*path) {
            findings.push(Finding::new(
                path,
                0,
                "is an exception in tidy and does not exist",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    const PATH: &str = "crates/laneway-a/src/lib.rs";

    fn plain(tree: &Tree) -> Vec<Finding> {
        check_with(tree, &[])
    }

    fn lines(text: &str) -> Vec<usize> {
        planted::lines(plain, PATH, text)
    }

    #[test]
    fn what_comes_through_the_door_is_fine() {
        let text = "use laneway_loom::{sync::{Mutex, atomic::AtomicU8}, thread, cell::UnsafeCell};\n\
                    use std::sync::Arc;\nuse std::cell::Cell;\nthread::spawn(f);\n\
                    laneway_loom::thread_local! { static A: u8 = 0 }\n";
        assert!(lines(text).is_empty());
    }

    #[test]
    fn everything_behind_the_door_is_found() {
        for name in BEHIND_THE_DOOR {
            let imported = format!("//! A.\nuse {name};\n");
            assert_eq!(lines(&imported), [2], "{name}");
        }
        assert_eq!(lines("fn f() {\n core::sync::atomic::fence(SeqCst) }"), [2]);
        assert_eq!(
            lines("use std::{fmt, thread};\nthread::panicking();\nthread::spawn(f);"),
            [3]
        );
        assert_eq!(lines("std::thread_local! { }"), [1]);
        assert_eq!(lines("thread_local! { }"), [1]);
    }

    #[test]
    fn an_import_is_told_once() {
        assert_eq!(
            lines("use std::sync::Mutex;\nMutex::new(1);\nMutex::new(2);\n"),
            [1]
        );
    }

    #[test]
    fn the_door_itself_and_tests_may() {
        let text = "//! A.\nuse std::sync::Mutex;\n";
        assert!(planted::lines(plain, "crates/laneway-loom/src/lock.rs", text).is_empty());
        assert!(planted::lines(plain, "crates/laneway-a/tests/it/main.rs", text).is_empty());
        assert!(lines("#[cfg(test)]\nmod tests {\n use std::sync::Mutex;\n}\n").is_empty());
    }

    #[test]
    fn exceptions_are_for_one_name_in_one_file() {
        let tree = planted::file(PATH, "use std::sync::{Mutex, atomic};\n");
        let found = |exception| check_with(&tree, &[exception]).len();
        assert_eq!(found((PATH, "std::sync::atomic", "")), 1);
        assert_eq!(found((PATH, "std::thread::spawn", "")), 2);
        assert_eq!(
            found(("crates/laneway-a/src/gone.rs", "std::sync::atomic", "")),
            3
        );
    }
}
