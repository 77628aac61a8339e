//! The tree is tidy: `cargo test` says so too.

use xtask::tidy::{self, Tree};

#[test]
fn the_tree_is_tidy() {
    let findings = tidy::check(&Tree::read().unwrap());
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
