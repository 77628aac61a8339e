//! `docs/peer-bugs.md`: a row for each bug that other runtimes had, and in each row the test that
//! keeps it out of this one.
//!
//! A row is `| number | … |`. It names tests in backticks, as `crate::path::test` or as
//! `path/of/file.rs::test`, or says `no test:` and why.

use std::collections::BTreeSet;

use super::source::words;
use super::tree::{File, crate_of};
use super::{Finding, Tree};

const PAGE: &str = "docs/peer-bugs.md";

/// How many bugs the survey of the peers has.
const ROWS: usize = 87;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.files.get(PAGE) else {
        return vec![Finding::new(PAGE, 0, "is missing")];
    };
    let mut findings = Vec::new();
    let mut missing: BTreeSet<usize> = (1..=ROWS).collect();
    for (at, line) in page.text.lines().enumerate() {
        let Some(number) = row(line) else { continue };
        let mut find = |message: String| findings.push(Finding::new(PAGE, at + 1, message));
        if !missing.remove(&number) {
            find(format!(
                "row {number} is there twice, or is none of 1 to {ROWS}"
            ));
        }
        let tests: Vec<&str> = tests(tree, line).collect();
        if tests.is_empty() && !line.contains("no test:") {
            find(format!(
                "row {number} names no test and does not say `no test:` and why"
            ));
        }
        for test in tests.into_iter().filter(|test| !exists(tree, test)) {
            find(format!("test `{test}` does not exist"));
        }
    }
    for number in missing {
        findings.push(Finding::new(PAGE, 0, format!("row {number} is missing")));
    }
    findings
}

/// The number of a row of the table.
fn row(line: &str) -> Option<usize> {
    line.strip_prefix('|')?
        .split('|')
        .next()?
        .trim()
        .parse()
        .ok()
}

/// What a row names as tests: things in backticks that begin with a crate or a file.
fn tests<'a>(tree: &'a Tree, line: &'a str) -> impl Iterator<Item = &'a str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|quoted| {
        let start = quoted.split("::").next().unwrap_or_default();
        quoted.contains("::") && (start.ends_with(".rs") || package_of(tree, start).is_some())
    })
}

/// The folder name of the crate that `start` means, written with `-` or with `_`.
fn package_of<'a>(tree: &'a Tree, start: &str) -> Option<&'a str> {
    let start = start.replace('_', "-");
    tree.rust()
        .filter_map(|(path, _)| crate_of(path))
        .find(|name| *name == start)
}

/// Whether there is a test of that name in the file, or in a file of the crate that has the parts
/// of the path as folder, file or module names.
fn exists(tree: &Tree, test: &str) -> bool {
    let mut parts: Vec<&str> = test.split("::").collect();
    let name = parts.pop().unwrap_or_default();
    let start = parts.remove(0);
    let package = package_of(tree, start);
    tree.rust().any(|(path, file)| {
        let is_place = match package {
            Some(package) => crate_of(path) == Some(package),
            None => path == start || path.ends_with(&format!("/{start}")),
        };
        is_place && has_test(file, name) && parts.iter().all(|part| has_module(path, file, part))
    })
}

/// Whether a file has `fn name`, marked as a test by an attribute above it.
fn has_test(file: &File, name: &str) -> bool {
    let mut is_marked = false;
    for line in file.lines.iter().filter(|line| line.has_code()) {
        let code = line.code.trim();
        is_marked |= code.contains("#[test]") || code.contains("#[tokio::test");
        let mut words = words(code).skip_while(|word| *word != "fn").skip(1);
        if let Some(function) = words.next() {
            if is_marked && function == name {
                return true;
            }
            is_marked = false;
        }
    }
    false
}

fn has_module(path: &str, file: &File, module: &str) -> bool {
    path.trim_end_matches(".rs")
        .split('/')
        .any(|part| part == module)
        || file
            .lines
            .iter()
            .any(|line| line.code.contains(&format!("mod {module} ")))
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    const CODE: &str =
        "//! A.\n#[cfg(test)]\nmod tests {\n #[test]\n fn park_twice() {}\n fn no() {}\n}\n";

    fn found(change: impl Fn(usize, String) -> Option<String>) -> Vec<String> {
        let row = |number| {
            let row = format!("| {number} | lost wake-up | `laneway-waker::parker::park_twice` |");
            change(number, row)
        };
        let rows: Vec<String> = (1..=ROWS).filter_map(row).collect();
        let page = format!(
            "# Bugs\n\n| # | bug | test |\n|---|---|---|\n{}\n",
            rows.join("\n")
        );
        let files = [
            (PAGE, page.as_str()),
            ("crates/laneway-waker/src/parker.rs", CODE),
        ];
        check(&planted::files(&files))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    fn found_with(test: &str) -> Vec<String> {
        found(|_, row| Some(row.replace("laneway-waker::parker::park_twice", test)))
    }

    #[test]
    fn a_good_page() {
        assert!(found(|_, row| Some(row)).is_empty());
        assert!(found_with("laneway_waker::parker::tests::park_twice").is_empty());
        assert!(found_with("crates/laneway-waker/src/parker.rs::park_twice").is_empty());
        assert!(found_with("src/parker.rs::tests::park_twice").is_empty());
    }

    #[test]
    fn tests_exist() {
        for test in [
            "laneway-waker::parker::park_thrice",
            "laneway-waker::parker::no",
            "laneway-waker::slot::park_twice",
            "parker.rs::park_thrice",
            "slot.rs::park_twice",
        ] {
            let messages = found_with(test);
            assert_eq!(messages.len(), ROWS);
            assert_eq!(messages[0], format!("test `{test}` does not exist"));
        }
    }

    #[test]
    fn every_row_is_there_once() {
        let messages = found(|number, row| (number != 7).then_some(row));
        assert_eq!(messages, ["row 7 is missing"]);
        let messages = found(|number, row| {
            Some(if number == 7 {
                format!("{row}\n{row}")
            } else {
                row
            })
        });
        assert!(messages[0].contains("row 7 is there twice"));
    }

    #[test]
    fn a_row_names_a_test_or_says_why_not() {
        let without = |cell: &str| {
            found(|_, row| Some(row.replace("`laneway-waker::parker::park_twice`", cell)))
        };
        assert_eq!(without("").len(), ROWS);
        assert!(without("no test: there are no signals here").is_empty());
    }

    #[test]
    fn the_page_is_there() {
        assert_eq!(check(&planted::files(&[]))[0].message, "is missing");
    }
}
