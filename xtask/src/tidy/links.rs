//! Links in Markdown lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in tree.files.iter().filter(|(path, _)| path.ends_with(".md")) {
        let mut in_code = false;
        for (at, line) in file.text.lines().enumerate() {
            in_code ^= line.trim_start().starts_with("```");
            for target in links(line).filter(|_| !in_code) {
                if !leads_somewhere(tree, path, &target) {
                    let message = format!("link to `{target}` leads nowhere");
                    findings.push(Finding::new(path, at + 1, message));
                }
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `[name]: target` that are relative.
fn links(line: &str) -> impl Iterator<Item = String> {
    let outside_code: String = line.split('`').step_by(2).collect();
    let mut targets: Vec<String> = outside_code
        .split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0.to_string()))
        .collect();
    if let Some((name, target)) = line.split_once("]: ")
        && name.starts_with('[')
    {
        targets.push(target.trim().to_string());
    }
    targets.into_iter().filter(|target| !target.contains(':'))
}

fn leads_somewhere(tree: &Tree, from: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_string()
    } else {
        join(from, file)
    };
    match tree.files.get(&path) {
        Some(file) => anchor.is_empty() || has_heading(&file.text, anchor),
        None => {
            // A folder, or a file that tidy does not read.
            let folder = format!("{}/", path.trim_end_matches('/'));
            tree.files.keys().any(|other| other.starts_with(&folder))
                || matches!(path.as_str(), "LICENSE-MIT" | "LICENSE-APACHE")
        }
    }
}

/// `target` as seen from the folder of `from`.
fn join(from: &str, target: &str) -> String {
    let mut path = PathBuf::from(from);
    path.pop();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_string_lossy().into_owned()
}

/// Whether a heading's anchor, made as GitHub makes it, is `anchor`.
fn has_heading(text: &str, anchor: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor_of(line.trim_start_matches('#').trim()))
        .any(|it| it == anchor)
}

fn anchor_of(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let files = [
            ("docs/a.md", text),
            ("README.md", "# The one\n\n## Why `so`?\n"),
            ("crates/a/src/lib.rs", "//! A.\n"),
        ];
        check(&planted::files(&files))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn good_links() {
        for link in [
            "../README.md",
            "../crates/a",
            "https://a.b/c",
            "../README.md#why-so",
            "#here",
        ] {
            assert!(found(&format!("# Here\n[a]({link}) and [b][b]\n\n[b]: {link}\n")).is_empty());
        }
        assert!(found("`[a](b)`\n```\n[a](b)\n```\n").is_empty());
    }

    #[test]
    fn links_to_nowhere() {
        for link in ["README.md", "../crates/b", "../README.md#why", "#here"] {
            assert_eq!(found(&format!("[a]({link})\n")).len(), 1, "{link}");
            assert_eq!(
                found(&format!("[a][a]\n\n[a]: {link}\n")).len(),
                1,
                "{link}"
            );
        }
    }
}
