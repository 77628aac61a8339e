//! Every memory ordering says whom it pairs with and why less would not do.
//!
//! An `Ordering:` comment speaks for its own line and the lines below it, within the function and
//! not far. A comment that begins `Ordering of all` speaks for the rest of the block it stands in,
//! for words that guard nothing or all guard the same.

use std::collections::BTreeSet;

use super::paths::{Named, ends_in, named};
use super::source::{Line, words};
use super::tree::{File, crate_of};
use super::{Finding, Tree};

/// So many lines of code an `Ordering:` comment reaches: a loop around a `compare_exchange`, spread
/// over lines as rustfmt does.
const REACH: usize = 12;

/// The orderings, by name.
pub const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree
        .sources()
        .filter(|(path, _)| crate_of(path) != Some("laneway-loom"));
    files
        .flat_map(|(path, file)| check_file(path, file))
        .collect()
}

fn check_file(path: &str, file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut reader = Reader::default();
    let used = used(file);
    for (at, line) in file.lines.iter().enumerate() {
        if !reader.explains(line) && used.contains(&(at + 1)) {
            let message = "has an ordering without an `// Ordering:` comment above it";
            findings.push(Finding::new(path, at + 1, message));
        }
    }
    findings
}

/// The lines, tests excepted, that use an ordering.
pub fn used(file: &File) -> BTreeSet<usize> {
    let (imports, uses): (Vec<Named>, Vec<Named>) =
        named(file).into_iter().partition(|named| named.is_import);
    let all_imported = imports
        .iter()
        .any(|import| ends_in(&import.path, "Ordering::*"));
    let is_ordering = |named: &Named| {
        let (owner, name) = named.path.rsplit_once("::").unwrap_or(("", &named.path));
        let of_atomics = ends_in(owner, "Ordering") || owner.is_empty() && all_imported;
        of_atomics && ORDERINGS.contains(&name)
    };
    let used = uses
        .iter()
        .filter(|named| !named.is_test && is_ordering(named));
    used.map(|named| named.line).collect()
}

/// What comments say at the line that is read.
#[derive(Default)]
struct Reader {
    /// For so many more lines of code the last `Ordering:` comment speaks.
    reach: usize,
    /// Whether code, other than attributes, came after that comment.
    is_detached: bool,
    /// How many braces are open, and how many were at an `Ordering of all`.
    depth: usize,
    all_from: Option<usize>,
}

impl Reader {
    /// Reads a line; whether comments explain the orderings that it may have.
    fn explains(&mut self, line: &Line) -> bool {
        if line.comment.contains("Ordering:") {
            (self.reach, self.is_detached) = (REACH, false);
        }
        if line.comment.contains("Ordering of all") {
            self.all_from = Some(self.depth);
        }
        let code = line.code.trim();
        if self.is_detached && words(code).any(|word| word == "fn") {
            self.reach = 0;
        }
        let explains = self.reach > 0 || self.all_from.is_some();
        if !code.is_empty() && !code.starts_with("#[") {
            self.reach = self.reach.saturating_sub(1);
            self.is_detached = true;
        }
        self.count_braces(code);
        explains
    }

    fn count_braces(&mut self, code: &str) {
        for c in code.chars() {
            match c {
                '{' => self.depth += 1,
                '}' => self.depth = self.depth.saturating_sub(1),
                _ => continue,
            }
            self.all_from = self.all_from.filter(|depth| *depth <= self.depth);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        // Behind the text, so that its lines are what their numbers say.
        let text =
            format!("{text}\nuse core::sync::atomic::Ordering::{{self, Relaxed, Acquire}};\n");
        let tree = planted::file("crates/a/src/cell.rs", &text);
        let findings = check_file("a", &tree.files["crates/a/src/cell.rs"]);
        findings.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn explained() {
        assert!(
            lines("fn f() {\n // Ordering: pairs with `g`.\n a.load(Acquire);\n}\n").is_empty()
        );
        assert!(lines("fn f() {\n a.load(Acquire); // Ordering: pairs with `g`.\n}\n").is_empty());
        assert!(
            lines("/// Ordering: it pairs with `g`.\n#[inline]\nfn f() { a.load(Acquire) }\n")
                .is_empty()
        );
        assert!(lines("use a::Ordering::{Acquire, Release};\n").is_empty());
    }

    #[test]
    fn unexplained() {
        assert_eq!(lines("fn f() {\n a.load(Acquire);\n}\n"), [2]);
        assert_eq!(lines("fn f() {\n a.load(\n Ordering::SeqCst);\n}\n"), [3]);
    }

    #[test]
    fn a_comment_speaks_for_its_own_function() {
        let text =
            "fn f() {\n // Ordering: yes.\n a.load(Acquire);\n}\nfn g() {\n a.load(Acquire);\n}\n";
        assert_eq!(lines(text), [6]);
    }

    #[test]
    fn a_comment_does_not_reach_far() {
        let near = "b();\n".repeat(REACH - 1);
        assert!(lines(&format!("// Ordering: yes.\n{near}a.load(Acquire);\n")).is_empty());
        assert_eq!(
            lines(&format!(
                "// Ordering: yes.\n{near}b();\na.load(Acquire);\n"
            ))
            .len(),
            1
        );
    }

    #[test]
    fn one_comment_may_speak_for_a_block() {
        let text = "impl A {\n // Ordering of all: Relaxed.\n fn f() { Relaxed }\n fn g() { Relaxed }\n}\n\
                    fn h() { Relaxed }\n";
        assert_eq!(lines(text), [6]);
    }

    #[test]
    fn imports_are_free() {
        let text = "use a::{\n b,\n Ordering::{Acquire, Release},\n};\npub(crate) use a::Relaxed;\nAcquire;\n";
        assert_eq!(lines(text), [6]);
    }

    #[test]
    fn only_orderings_of_atomics_count() {
        let found = |text| {
            let tree = planted::file("crates/a/src/cell.rs", text);
            check_file("a", &tree.files["crates/a/src/cell.rs"]).len()
        };
        assert_eq!(found("Release;\nDuty::Release;\n"), 0);
        assert_eq!(found("use core::sync::atomic::Ordering::*;\nRelease;\n"), 1);
        assert_eq!(found("core::sync::atomic::Ordering::Release;\n"), 1);
    }

    #[test]
    fn comments_and_tests_are_free() {
        assert!(lines("// a.load(Acquire)\n").is_empty());
        assert!(lines("#[cfg(test)]\nmod tests {\n a.load(Acquire);\n}\n").is_empty());
    }
}
