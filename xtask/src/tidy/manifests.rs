//! Manifests: every package takes from the workspace what all share.

use std::collections::BTreeMap;

use super::{Finding, Tree};

/// What every package takes from the workspace.
const SHARED: [&str; 4] = ["edition", "rust-version", "license", "version"];

/// What a package says when it is published.
const PUBLISHED: [&str; 3] = ["description", "readme", "repository"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in &tree.files {
        let Some(folder) = path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let manifest = Manifest::parse(&file.text);
        let mut find = |message: String| findings.push(Finding::new(path, 0, message));
        for key in SHARED {
            if !manifest.is_shared("package", key) {
                find(format!("`{key}.workspace = true` is missing in [package]"));
            }
        }
        if manifest.get("lints", "workspace") != Some("true") {
            find("`workspace = true` is missing in [lints]".to_string());
        }
        if manifest.get("package", "publish") == Some("false") {
            continue;
        }
        for key in PUBLISHED {
            if manifest.get("package", key).is_none() && !manifest.is_shared("package", key) {
                find(format!("`{key}` is missing in [package]"));
            }
        }
        if !tree.files.contains_key(&format!("{folder}/README.md")) {
            find("is published without a README.md beside it".to_string());
        }
        let name = manifest
            .get("package", "name")
            .unwrap_or_default()
            .trim_matches('"');
        if folder.rsplit('/').next() != Some(name) {
            find(format!("package `{name}` lies in a folder of another name"));
        }
    }
    findings
}

/// Values by section and key, as they are written.
struct Manifest<'a>(BTreeMap<(&'a str, &'a str), &'a str>);

impl<'a> Manifest<'a> {
    fn parse(text: &'a str) -> Self {
        let mut section = "";
        let mut values = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                section = name;
            } else if let Some((key, value)) = line.split_once('=') {
                values.insert((section, key.trim()), value.trim());
            }
        }
        Self(values)
    }

    fn get(&self, section: &'a str, key: &'a str) -> Option<&'a str> {
        self.0.get(&(section, key)).copied()
    }

    fn is_shared(&self, section: &str, key: &str) -> bool {
        let dotted = format!("{key}.workspace");
        self.0
            .iter()
            .any(|((s, k), value)| *s == section && *k == dotted && *value == "true")
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    const GOOD: &str = "\
[package]
name = \"a\"
description = \"A\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
repository.workspace = true
readme = \"README.md\"

[lints]
workspace = true
";

    fn found(text: &str) -> Vec<String> {
        let files = [
            ("crates/a/Cargo.toml", text),
            ("crates/a/README.md", "# a\n"),
        ];
        let findings = check(&planted::files(&files));
        findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn a_good_manifest() {
        assert!(found(GOOD).is_empty());
    }

    #[test]
    fn every_line_is_needed() {
        for line in GOOD.lines().filter(|line| line.contains('=')) {
            assert_eq!(
                found(&GOOD.replace(&format!("\n{line}\n"), "\n")).len(),
                1,
                "without {line}"
            );
        }
    }

    #[test]
    fn edition_and_lints_are_the_workspaces() {
        let own = GOOD.replace("edition.workspace = true", "edition = \"2024\"");
        assert!(found(&own)[0].contains("`edition.workspace = true` is missing"));
        let without = GOOD.replace("[lints]\nworkspace = true", "[dependencies]");
        assert!(found(&without)[0].contains("[lints]"));
    }

    #[test]
    fn what_is_published_has_a_readme() {
        let found = |text| check(&planted::file("crates/a/Cargo.toml", text));
        assert!(found(GOOD)[0].message.contains("README.md"));
        assert!(found(&GOOD.replace("[lints]", "publish = false\n[lints]")).is_empty());
    }

    #[test]
    fn the_folder_has_the_packages_name() {
        let other = GOOD.replace("name = \"a\"", "name = \"b\"");
        assert!(found(&other)[0].contains("another name"));
    }
}
