//! The shape of files: what they begin with, how long they are, words that no file has.

use super::source::words;
use super::tree::File;
use super::{Finding, Tree};

/// A file that has more code than this is about more than one thing.
const MAX_CODE_LINES: usize = 300;

/// What a file begins with: its purpose, or the page beside it that is its documentation.
const PURPOSE: [&str; 2] = ["//!", "#![doc = include_str!("];

/// Marks of what is not finished.
const UNFINISHED: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Macros that stand for what is not written.
const UNWRITTEN: [&str; 2] = ["todo!", "unimplemented!"];

/// Folders of one machine, in two pieces, so that this file may be read by its own rule.
const PLACES: [&str; 2] = [concat!("/wo", "rk/"), concat!("/tm", "p/")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in &tree.files {
        check_text(path, file, &mut findings);
        if path.ends_with(".rs") {
            check_rust(path, file, &mut findings);
        }
    }
    findings
}

fn check_text(path: &str, file: &File, findings: &mut Vec<Finding>) {
    for (at, line) in file.text.lines().enumerate() {
        let mut find = |message: String| findings.push(Finding::new(path, at + 1, message));
        if line.ends_with([' ', '\t']) {
            find("ends with blanks".to_string());
        }
        for place in PLACES.iter().filter(|place| line.contains(**place)) {
            find(format!("names a folder of one machine, `{place}`"));
        }
        if !path.ends_with(".rs") {
            for mark in unfinished(&outside_backticks(line)) {
                find(format!("has {mark}: finish it, or leave it out"));
            }
        }
    }
}

fn check_rust(path: &str, file: &File, findings: &mut Vec<Finding>) {
    let mut find = |line, message: String| findings.push(Finding::new(path, line, message));
    if !PURPOSE.iter().any(|purpose| file.text.starts_with(purpose)) {
        find(
            1,
            "does not begin with `//!` and what the file is for".to_string(),
        );
    }
    let code_lines = file.lines.iter().filter(|line| line.has_code()).count();
    if code_lines > MAX_CODE_LINES {
        find(
            0,
            format!("has {code_lines} lines of code; {MAX_CODE_LINES} are allowed"),
        );
    }
    if path.ends_with("/util.rs") || path.ends_with("/utils.rs") {
        find(
            0,
            "is named for nothing: name it for what it does".to_string(),
        );
    }
    for (at, line) in file.lines.iter().enumerate() {
        for mark in unfinished(&outside_backticks(&line.comment)).chain(unfinished(&line.code)) {
            find(at + 1, format!("has {mark}: finish it, or leave it out"));
        }
        for call in UNWRITTEN.iter().filter(|call| line.code.contains(**call)) {
            find(at + 1, format!("has `{call}`: write it, or leave it out"));
        }
        let code = line.code.trim_start();
        if code.starts_with("pub") && code.contains("use ") && code.contains("::*") {
            find(
                at + 1,
                "re-exports everything: name what it re-exports".to_string(),
            );
        }
    }
}

fn unfinished(text: &str) -> impl Iterator<Item = &'static str> {
    UNFINISHED
        .into_iter()
        .filter(move |mark| words(text).any(|word| word == *mark))
}

/// A line of prose without what it quotes.
fn outside_backticks(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&planted::file(path, text))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn a_clean_file() {
        let text = "//! What it is for: `TODO` is what no file has.\n\nfn f() { g(\"todo!\") }\n";
        assert!(found("crates/a/src/lib.rs", text).is_empty());
    }

    #[test]
    fn begins_with_what_it_is_for() {
        assert!(found("tests/a.rs", "// no\n")[0].contains("does not begin with"));
        assert!(found("a.rs", "#![doc = include_str!(\"a.md\")]\n").is_empty());
    }

    #[test]
    fn at_most_so_much_code() {
        let comments = "// free\n\n".repeat(500);
        let code = "f();\n".repeat(MAX_CODE_LINES);
        assert!(found("a.rs", &format!("//! A.\n{comments}{code}")).is_empty());
        assert!(found("a.rs", &format!("//! A.\n{code}f();\n"))[0].contains("301 lines"));
    }

    #[test]
    fn names_say_something() {
        assert!(found("crates/a/src/util.rs", "//! A.\n")[0].contains("named for nothing"));
    }

    #[test]
    fn nothing_unfinished() {
        for mark in UNFINISHED {
            assert_eq!(
                found("a.rs", &format!("//! A.\n// {mark}: later\n")).len(),
                1
            );
            assert_eq!(found("README.md", &format!("{mark}: later\n")).len(), 1);
        }
        for call in UNWRITTEN {
            assert_eq!(
                found("a.rs", &format!("//! A.\nfn f() {{ {call}() }}\n")).len(),
                1
            );
        }
    }

    #[test]
    fn exports_by_name() {
        assert_eq!(found("a.rs", "//! A.\npub use inner::*;\n").len(), 1);
        assert_eq!(found("a.rs", "//! A.\npub(crate) use inner::*;\n").len(), 1);
        assert!(found("a.rs", "//! A.\nuse super::*;\n").is_empty());
    }

    #[test]
    fn no_folder_of_one_machine() {
        for place in PLACES {
            assert_eq!(found("Cargo.toml", &format!("# see {place}a\n")).len(), 1);
        }
    }

    #[test]
    fn no_blanks_at_the_end() {
        assert_eq!(found("README.md", "text \n").len(), 1);
    }
}
