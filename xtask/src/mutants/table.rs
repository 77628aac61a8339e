//! `docs/mutants.md`: a row for each mutant, with what kills it, or why nothing can.

use std::collections::BTreeMap;

use super::sites::{Key, Mutant};

/// Where it is.
pub const PAGE: &str = "docs/mutants.md";

/// How the verdict of a row begins.
const KILLED: &str = "killed by ";
const SURVIVES: &str = "survives: ";

/// What is known of one mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This model fails on it, within a limit of time unless it says so.
    Killed(String),
    /// No model does, or there is none that could; and why that is no hole.
    Survives(String),
}

/// Reads the rows, each with its line; what is no row is prose.
pub fn parse(page: &str) -> Vec<(usize, Key, Verdict)> {
    let mut rows = Vec::new();
    let mut file = String::new();
    for (at, line) in page.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("## ") {
            file = heading.trim_matches('`').to_string();
        }
        let cells: Vec<String> = cells(line);
        if let [_, function, code, change, verdict, _] = cells.as_slice()
            && let Some(verdict) = verdict_of(verdict)
        {
            let plain = |cell: &String| cell.trim_matches('`').to_string();
            let key = Key {
                file: file.clone(),
                function: plain(function),
                code: plain(code),
                change: change.clone(),
            };
            rows.push((at + 1, key, verdict));
        }
    }
    rows
}

/// Puts what was found into the page: its prose stays, and so does every row of a mutant that was
/// not looked at, and the reason why one survives.
pub(super) fn updated(page: &str, all: &[Mutant], found: &[(Key, Verdict)]) -> String {
    let mut known: BTreeMap<Key, Verdict> = BTreeMap::new();
    for (_, key, verdict) in parse(page) {
        known.insert(key, verdict);
    }
    for (key, verdict) in found {
        let reason = match known.get(key) {
            Some(Verdict::Survives(reason)) => reason.clone(),
            _ => String::new(),
        };
        let verdict = match verdict {
            Verdict::Survives(_) => Verdict::Survives(reason),
            killed => killed.clone(),
        };
        known.insert(key.clone(), verdict);
    }
    let prose = page.split("\n## `crates/").next().unwrap_or_default();
    let mut text = prose.trim_end().to_string() + "\n";
    let mut file = "";
    for Mutant { key, .. } in all {
        let Some(verdict) = known.get(key) else {
            continue;
        };
        if key.file != file {
            file = &key.file;
            text +=
                &format!("\n## `{file}`\n\n| In | Code | Change | Verdict |\n|---|---|---|---|\n");
        }
        text += &row(key, verdict);
    }
    text
}

fn row(key: &Key, verdict: &Verdict) -> String {
    let verdict = match verdict {
        Verdict::Killed(model) => format!("{KILLED}{model}"),
        Verdict::Survives(reason) => format!("{SURVIVES}{reason}"),
    };
    let Key {
        function,
        code,
        change,
        ..
    } = key;
    let cells = [
        format!("`{function}`"),
        format!("`{code}`"),
        change.clone(),
        verdict,
    ];
    let cells = cells.map(|cell| cell.trim_end().replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

/// The cells of a row of a Markdown table, with an empty one before and behind.
fn cells(line: &str) -> Vec<String> {
    if !line.starts_with('|') {
        return vec![];
    }
    let line = line.replace("\\|", "\u{0}");
    line.split('|')
        .map(|cell| cell.trim().replace('\u{0}', "|"))
        .collect()
}

fn verdict_of(cell: &str) -> Option<Verdict> {
    if let Some(model) = cell.strip_prefix(KILLED) {
        return Some(Verdict::Killed(model.to_string()));
    }
    let reason = cell.strip_prefix(SURVIVES.trim_end())?;
    Some(Verdict::Survives(reason.trim().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::sites;
    use crate::tidy::Tree;

    #[test]
    fn what_is_written_can_be_read() {
        let text = "use a::Ordering::*;\nfn f() { a.update(AcqRel, |word| word | 1); }\n";
        let mut tree = Tree::default();
        tree.add("crates/a/src/cell.rs", text);
        let (all, _) = sites::mutants(&tree);
        let keys: Vec<Key> = all.iter().map(|mutant| mutant.key.clone()).collect();
        let found = [
            (keys[0].clone(), Verdict::Killed("`a::loom::b`".to_string())),
            (keys[1].clone(), Verdict::Survives(String::new())),
        ];
        let page = updated("# Mutants\n\nProse.\n", &all, &found);
        assert!(page.starts_with("# Mutants\n\nProse.\n\n## `crates/a/src/cell.rs`\n"));
        let rows: Vec<(Key, Verdict)> = parse(&page).into_iter().map(|(_, k, v)| (k, v)).collect();
        assert_eq!(rows, found);

        let argued = page.replace("| survives: |", "| survives: so it is |");
        assert_ne!(argued, page);
        assert_eq!(updated(&argued, &all, &found), argued, "the reason stays");
    }
}
