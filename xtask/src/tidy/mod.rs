//! `cargo xtask tidy`: the rules of the house that a machine can check.
//!
//! Each file here is one kind of rule and its tests: each test plants a violation in a tree in
//! memory and sees it found. A new crate, edge, unsafe room or file that reads the clock is a line
//! in a table here, so that it is seen in review.

mod clocks;
mod door;
mod edges;
mod links;
mod manifests;
mod mutants;
pub mod orderings;
mod paths;
mod peer_bugs;
mod rooms;
mod shape;
pub mod source;
pub mod tree;

use std::fmt;

use crate::Result;
pub use tree::Tree;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the root.
    pub path: String,
    /// The line, from 1; 0 stands for the whole file.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Finding {
    /// A finding in a line, or in a whole file if the line is 0.
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_string(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Checks the workspace that the current folder is in.
pub fn run() -> Result<()> {
    let tree = Tree::read()?;
    let findings = check(&tree);
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => {
            eprintln!("tidy: {} files", tree.files.len());
            Ok(())
        }
        count => Err(format!("tidy found {count} things to put right").into()),
    }
}

/// Checks every rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let rules = [
        shape::check,
        manifests::check,
        edges::check,
        rooms::check,
        orderings::check,
        door::check,
        clocks::check,
        mutants::check,
        peer_bugs::check,
        links::check,
    ];
    let mut findings: Vec<Finding> = rules.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

/// What the rules' tests share.
#[cfg(test)]
mod planted {
    use super::{Finding, Tree};

    /// A tree with one Rust file.
    pub(super) fn file(path: &str, text: &str) -> Tree {
        files(&[(path, text)])
    }

    pub(super) fn files(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.add(path, text);
        }
        tree.mark_test_files();
        tree
    }

    /// The lines in which `rule` finds something.
    pub(super) fn lines(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        rule(&file(path, text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }
}
