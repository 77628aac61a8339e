//! Which mutants are there? Found in the text, by rule, so that none can be forgotten.
//!
//! Each ordering stronger than Relaxed is weakened by a step, each fence is weakened and left out,
//! and each line tagged `Re-check:` is taken to say yes, or no, or is left out.

use std::collections::HashMap;

use crate::tidy::orderings::{self, ORDERINGS};
use crate::tidy::source::{Line, is_word, words};
use crate::tidy::tree::{File, crate_of};
use crate::tidy::{Finding, Tree};

/// A comment that begins so stands at, or right above, a line that looks a second time.
const TAG: &str = "Re-check:";

/// One change of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What it is called in `docs/mutants.md`: line numbers would not last.
    pub key: Key,
    /// The line, from 1.
    pub line: usize,
    /// What is inserted where, in the line: columns in bytes.
    pub(super) edit: Edit,
}

/// Which change of which line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The file, from the root.
    pub file: String,
    /// The function that the line is in.
    pub function: String,
    /// The code of the line.
    pub code: String,
    /// What is changed; with a number, if lines like it have the same change.
    pub change: String,
}

/// A change that is chosen while the program runs, as parts of a line and what goes around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Another ordering in place of the one that stands there.
    Weaken {
        start: usize,
        end: usize,
        to: &'static str,
    },
    /// Nothing in place of a statement.
    LeaveOut { start: usize, end: usize },
    /// A condition that says no.
    Never {
        start: usize,
        end: usize,
        is_let: bool,
    },
    /// A condition that says yes.
    Always { start: usize, end: usize },
}

impl Key {
    /// The crate that it is in.
    pub fn package(&self) -> &str {
        crate_of(&self.file).unwrap_or_default()
    }
}

/// The mutants of the crates, in the order of their text; and the tags that cannot be obeyed.
pub fn mutants(tree: &Tree) -> (Vec<Mutant>, Vec<Finding>) {
    let (mut mutants, mut findings) = (Vec::new(), Vec::new());
    let is_subject = |path: &str, file: &File| {
        !file.is_test && crate_of(path).is_some_and(|name| name != "laneway-loom")
    };
    for (path, file) in tree.sources().filter(|(path, file)| is_subject(path, file)) {
        in_file(path, file, &mut mutants, &mut findings);
    }
    (mutants, findings)
}

fn in_file(path: &str, file: &File, mutants: &mut Vec<Mutant>, findings: &mut Vec<Finding>) {
    let first = mutants.len();
    let used = orderings::used(file);
    let mut function = String::new();
    let mut is_tagged = false;
    for (at, (line, raw)) in file.lines.iter().zip(file.text.lines()).enumerate() {
        is_tagged |= line
            .comment
            .trim_start_matches('/')
            .trim_start()
            .starts_with(TAG);
        if !line.has_code() || line.is_test {
            continue;
        }
        let mut names = words(&line.code).skip_while(|word| *word != "fn").skip(1);
        if let Some(name) = names.next() {
            function = name.to_string();
        }
        let mut changes = if used.contains(&(at + 1)) {
            of_orderings(line, raw)
        } else {
            vec![]
        };
        if std::mem::take(&mut is_tagged) {
            match of_recheck(line, raw) {
                Some(more) => changes.extend(more),
                None => {
                    let message =
                        "is tagged as a re-check, and neither a condition nor a statement";
                    findings.push(Finding::new(path, at + 1, message));
                }
            }
        }
        for (change, edit) in changes {
            let key = Key {
                file: path.to_string(),
                function: function.clone(),
                code: line.code.trim().to_string(),
                change,
            };
            let line = at + 1;
            mutants.push(Mutant { key, line, edit });
        }
    }
    number(&mut mutants[first..]);
}

/// Tells those apart that would have the same key.
fn number(mutants: &mut [Mutant]) {
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for mutant in mutants {
        let count = seen.entry(mutant.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            mutant.key.change += &format!(" ({count})");
        }
    }
}

fn of_orderings(line: &Line, raw: &str) -> Vec<(String, Edit)> {
    let is_ordering = |(_, path): &(usize, &str)| {
        let (owner, name) = path.rsplit_once("::").unwrap_or(("Ordering", path));
        ORDERINGS.contains(&name) && owner.rsplit("::").next() == Some("Ordering")
    };
    // The comment at the end of the line may name some more.
    let count = paths(&line.code).filter(is_ordering).count();
    let mut changes = Vec::new();
    for (start, path) in paths(raw).filter(is_ordering).take(count) {
        let name = path.rsplit("::").next().unwrap_or_default();
        let end = start + path.len();
        let fence = fence_around(raw, start, end);
        for to in weaker(name, raw, fence.is_some()) {
            changes.push((format!("{name} → {to}"), Edit::Weaken { start, end, to }));
        }
        if let Some((start, end)) = fence {
            changes.push(("no fence".to_string(), Edit::LeaveOut { start, end }));
        }
    }
    changes
}

/// What is one step weaker.
fn weaker(ordering: &str, line: &str, is_fence: bool) -> &'static [&'static str] {
    match ordering {
        // There is no relaxed fence.
        "Acquire" | "Release" if !is_fence => &["Relaxed"],
        "AcqRel" => &["Acquire", "Release"],
        "SeqCst" if line.contains("load(") => &["Acquire"],
        "SeqCst" if line.contains("store(") => &["Release"],
        "SeqCst" => &["AcqRel"],
        _ => &[],
    }
}

/// Where the call of `fence` begins and ends that has the ordering for its argument.
fn fence_around(raw: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let before = raw[..start].strip_suffix('(')?;
    let (at, path) = paths(before).last()?;
    let is_fence = path.rsplit("::").next() == Some("fence") && at + path.len() == before.len();
    (is_fence && raw[end..].starts_with(')')).then_some((at, end + 1))
}

fn of_recheck(line: &Line, raw: &str) -> Option<Vec<(String, Edit)>> {
    let code = line.code.trim_end();
    // Nothing but spaces may come behind: columns are those of the raw line.
    let raw = raw.trim_end();
    if raw != code {
        return None;
    }
    let end = [" {", " =>"].iter().filter_map(|end| raw.rfind(end)).max();
    if let (Some(start), Some(end)) = (condition(raw), end) {
        let is_let = words(&raw[start..end]).any(|word| word == "let");
        let never = ("says no".to_string(), Edit::Never { start, end, is_let });
        let always = ("says yes".to_string(), Edit::Always { start, end });
        return Some(if is_let {
            vec![never]
        } else {
            vec![never, always]
        });
    }
    let start = raw.len() - raw.trim_start().len();
    let is_statement = raw.ends_with(';') && !matches!(words(raw).next(), Some("let" | "return"));
    let edit = Edit::LeaveOut {
        start,
        end: raw.len(),
    };
    is_statement.then(|| vec![("left out".to_string(), edit)])
}

/// Where the condition of an `if` or `while` begins.
fn condition(raw: &str) -> Option<usize> {
    let at = paths(raw)
        .filter(|(_, word)| matches!(*word, "if" | "while"))
        .last();
    at.map(|(at, word)| at + word.len() + 1)
}

/// The words of a line, and the words joined by `::`, each with its column.
fn paths(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].find(is_word)?;
        let start = at;
        loop {
            at += text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at);
            match text[at..].strip_prefix("::") {
                Some(rest) if rest.starts_with(is_word) => at += 2,
                _ => return Some((start, &text[start..at])),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<String> {
        let text =
            format!("//! A.\nuse a::Ordering::{{self, Acquire, AcqRel, Release, SeqCst}};\n{body}");
        let mut tree = Tree::default();
        tree.add("crates/a/src/cell.rs", &text);
        let (mutants, findings) = mutants(&tree);
        assert!(findings.is_empty(), "{findings:?}");
        let name = |mutant: Mutant| format!("{}: {}", mutant.key.function, mutant.key.change);
        mutants.into_iter().map(name).collect()
    }

    #[test]
    fn orderings_are_weakened_by_a_step() {
        assert_eq!(
            found("fn f() { a.load(Acquire); } // not Release"),
            ["f: Acquire → Relaxed"]
        );
        assert_eq!(
            found("fn f() { a.load(Ordering::Acquire) }"),
            ["f: Acquire → Relaxed"]
        );
        assert_eq!(
            found("fn f() { Duty::Release; a.load(Ordering::Relaxed) }"),
            [""; 0]
        );
        let both = ["g: AcqRel → Acquire", "g: AcqRel → Release"];
        assert_eq!(found("fn g() {\n a.swap(1, AcqRel);\n}"), both);
    }

    #[test]
    fn fences_are_left_out_too() {
        let both = ["f: SeqCst → AcqRel", "f: no fence"];
        assert_eq!(found("fn f() { fence(SeqCst); }"), both);
        assert_eq!(found("fn f() { atomic::fence(Release); }"), ["f: no fence"]);
    }

    #[test]
    fn the_same_change_twice_is_told_apart() {
        let twice = ["f: Acquire → Relaxed", "f: Acquire → Relaxed (2)"];
        assert_eq!(
            found("fn f() { a.exchange(1, 2, Acquire, Acquire) }"),
            twice
        );
        assert_eq!(found("fn f() {\n a(Acquire);\n a(Acquire);\n}"), twice);
    }

    #[test]
    fn tagged_lines() {
        let both = ["f: says no", "f: says yes"];
        assert_eq!(
            found("fn f() {\n // Re-check: it may be late.\n if a() {\n b();\n }\n}"),
            both
        );
        assert_eq!(
            found("fn f() {\n // Re-check: x.\n A if a() => b(),\n}"),
            both
        );
        assert_eq!(
            found("fn f() {\n // Re-check: x.\n while let Some(a) = b() {\n}\n}"),
            ["f: says no"]
        );
        assert_eq!(
            found("fn f() {\n // Re-check: x.\n self.look();\n}"),
            ["f: left out"]
        );
        assert_eq!(
            found("fn f() {\n // A Re-check: is no tag here.\n self.look();\n}"),
            [""; 0]
        );
    }

    #[test]
    fn a_tag_that_cannot_be_obeyed_is_found() {
        let mut tree = Tree::default();
        tree.add("crates/a/src/cell.rs", "// Re-check: x.\nlet a = b();\n");
        assert_eq!(mutants(&tree).1[0].line, 2);
    }

    #[test]
    fn tests_have_no_mutants() {
        assert_eq!(
            found("#[cfg(test)]\nmod tests {\n fn f() { a.load(Acquire) }\n}"),
            [""; 0]
        );
    }
}
