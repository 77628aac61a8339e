//! `docs/mutants.md`: a row for each ordering that could be weaker, each fence and each second look,
//! with the model that fails then, or the reason why none can.

use std::collections::HashMap;

use super::{Finding, Tree};
use crate::mutants::{Key, PAGE, Verdict, mutants, parse};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let (mutants, mut findings) = mutants(tree);
    let page = tree.files.get(PAGE).map_or("", |page| &page.text);
    let mut rows: HashMap<Key, usize> = HashMap::new();
    for (line, key, verdict) in parse(page) {
        if verdict == Verdict::Survives(String::new()) {
            let message = "a mutant survives: what keeps it from being a hole in the models?";
            findings.push(Finding::new(PAGE, line, message));
        }
        if rows.insert(key, line).is_some() {
            findings.push(Finding::new(PAGE, line, "the row is there twice"));
        }
    }
    for mutant in mutants {
        if rows.remove(&mutant.key).is_none() {
            let Key { file, change, .. } = &mutant.key;
            let package = mutant.key.package();
            let message = format!(
                "has no row in {PAGE} for \"{change}\": cargo xtask loom --mutants {package} --write"
            );
            findings.push(Finding::new(file, mutant.line, message));
        }
    }
    for (_, line) in rows {
        findings.push(Finding::new(PAGE, line, "there is no such code any more"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    const CODE: &str = "fn f() { a.load(Ordering::Acquire); }\n";

    fn found(row: &str) -> Vec<String> {
        let page = format!("# Mutants\n\n## `crates/a/src/cell.rs`\n\n{row}");
        let tree = planted::files(&[("crates/a/src/cell.rs", CODE), (PAGE, &page)]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    fn row(code: &str, verdict: &str) -> String {
        format!("| `f` | `{code}` | Acquire → Relaxed | {verdict} |\n")
    }

    #[test]
    fn a_mutant_has_a_row() {
        let code = CODE.trim();
        assert!(found(&row(code, "killed by `a::loom::b`")).is_empty());
        assert!(found(&row(code, "survives: loom cannot see it")).is_empty());
        assert!(found("")[0].starts_with("has no row"));
    }

    #[test]
    fn a_survivor_has_a_reason() {
        assert!(found(&row(CODE.trim(), "survives:"))[0].starts_with("a mutant survives"));
    }

    #[test]
    fn a_row_has_its_code() {
        let killed = row(CODE.trim(), "killed by `a::loom::b`");
        let gone = row("fn g() {}", "killed by `a::loom::b`");
        assert_eq!(
            found(&(killed.clone() + &gone)),
            ["there is no such code any more"]
        );
        assert_eq!(
            found(&(killed.clone() + &killed)),
            ["the row is there twice"]
        );
    }
}
