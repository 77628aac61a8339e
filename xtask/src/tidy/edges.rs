//! Which crate depends on which: exactly the table, and never on a foreign runtime.

use std::collections::BTreeSet;

use super::{Finding, Tree};
use crate::cargo::Package;

/// Every published crate, and those of ours that it depends on. A new edge is a line here.
const EDGES: &[(&str, &[&str])] = &[
    (
        "laneway",
        &[
            "laneway-blocking",
            "laneway-executor",
            "laneway-fifo",
            "laneway-loom",
            "laneway-priority",
            "laneway-reactor",
            "laneway-scheduler",
            "laneway-task",
            "laneway-timer",
            "laneway-waker",
        ],
    ),
    (
        "laneway-blocking",
        &[
            "laneway-loom",
            "laneway-scheduler",
            "laneway-task",
            "laneway-waker",
        ],
    ),
    (
        "laneway-deadline",
        &["laneway-loom", "laneway-scheduler", "laneway-waker"],
    ),
    (
        "laneway-executor",
        &[
            "laneway-fifo",
            "laneway-loom",
            "laneway-scheduler",
            "laneway-task",
            "laneway-waker",
        ],
    ),
    (
        "laneway-fifo",
        &["laneway-loom", "laneway-scheduler", "laneway-waker"],
    ),
    ("laneway-loom", &[]),
    (
        "laneway-priority",
        &["laneway-fifo", "laneway-loom", "laneway-scheduler"],
    ),
    ("laneway-reactor", &["laneway-loom", "laneway-waker"]),
    ("laneway-scheduler", &[]),
    (
        "laneway-task",
        &["laneway-loom", "laneway-scheduler", "laneway-waker"],
    ),
    ("laneway-testkit", &["laneway-loom", "laneway-scheduler"]),
    ("laneway-timer", &["laneway-loom", "laneway-waker"]),
    ("laneway-waker", &["laneway-loom"]),
];

/// Crates at the edge: nothing depends on them, and they may depend on anything.
const LEAVES: [&str; 2] = ["laneway-hyper", "laneway-stall"];

/// What no other crate is built from, unless its user asks for it by a feature.
const FOREIGN: [&str; 4] = ["tokio", "tokio-util", "hyper", "h2"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        let manifest = format!("{}/Cargo.toml", package.dir.display());
        let mut find = |message: String| findings.push(Finding::new(&manifest, 0, message));
        let edges = edges(package);
        for leaf in edges
            .iter()
            .filter(|edge| package.published && LEAVES.contains(edge))
        {
            find(format!("depends on {leaf}, which is a leaf"));
        }
        if package.name == "xtask" && !edges.is_empty() {
            find("is built from what it measures: the workshop uses no laneway code".to_string());
        }
        if !package.published || LEAVES.contains(&package.name.as_str()) {
            continue;
        }
        match EDGES.iter().find(|(name, _)| *name == package.name) {
            Some((_, expected)) => {
                let expected = expected.iter().copied().collect();
                for edge in edges.difference(&expected) {
                    find(format!("depends on {edge}, which is not in tidy's table"));
                }
                for edge in expected.difference(&edges) {
                    find(format!(
                        "does not depend on {edge}, which is in tidy's table"
                    ));
                }
            }
            None => find("has no line in tidy's table of edges".to_string()),
        }
        let closure = tree.closures.get(&package.name).into_iter().flatten();
        for foreign in closure.filter(|name| FOREIGN.contains(&name.as_str())) {
            find(format!(
                "is built from {foreign} without having been asked to"
            ));
        }
    }
    findings
}

/// The crates of ours that a package is built from directly.
fn edges(package: &Package) -> BTreeSet<&str> {
    let built_from = package
        .dependencies
        .iter()
        .filter(|dependency| !dependency.dev);
    let names = built_from.map(|dependency| dependency.name.as_str());
    names.filter(|name| name.starts_with("laneway")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::Dependency;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependency = |name: &&str| Dependency {
            name: name.to_string(),
            dev: false,
        };
        Package {
            name: name.to_string(),
            dir: format!("crates/{name}").into(),
            published: name != "xtask",
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    fn found(package: Package, closure: &[&str]) -> Vec<String> {
        let mut tree = Tree::default();
        let closure = closure.iter().map(|name| name.to_string()).collect();
        tree.closures.insert(package.name.clone(), closure);
        tree.packages.push(package);
        check(&tree)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn the_table_holds() {
        assert!(found(package("laneway-fifo", EDGES[4].1), &["crossbeam-utils"]).is_empty());
        let mut with_dev = package("laneway-waker", &["laneway-loom"]);
        with_dev.dependencies.push(Dependency {
            name: "laneway-fifo".to_string(),
            dev: true,
        });
        assert!(found(with_dev, &[]).is_empty());
    }

    #[test]
    fn a_new_edge_is_found() {
        let messages = found(package("laneway-scheduler", &["laneway-task"]), &[]);
        assert_eq!(
            messages,
            ["depends on laneway-task, which is not in tidy's table"]
        );
    }

    #[test]
    fn an_edge_that_is_gone_is_found() {
        let messages = found(package("laneway-waker", &[]), &[]);
        assert_eq!(
            messages,
            ["does not depend on laneway-loom, which is in tidy's table"]
        );
    }

    #[test]
    fn a_new_crate_is_found() {
        let messages = found(package("laneway-new", &[]), &[]);
        assert_eq!(messages, ["has no line in tidy's table of edges"]);
    }

    #[test]
    fn foreign_runtimes_are_found() {
        for foreign in FOREIGN {
            let messages = found(package("laneway-scheduler", &[]), &["mio", foreign]);
            assert!(messages[0].contains(foreign));
        }
        assert!(found(package("laneway-hyper", &["laneway"]), &["hyper", "tokio"]).is_empty());
    }

    #[test]
    fn leaves_are_leaves() {
        let messages = found(package("laneway-scheduler", &["laneway-hyper"]), &[]);
        assert_eq!(messages[0], "depends on laneway-hyper, which is a leaf");
    }

    #[test]
    fn the_workshop_stands_apart() {
        assert!(found(package("xtask", &["mio"]), &[]).is_empty());
        assert_eq!(found(package("xtask", &["laneway"]), &[]).len(), 1);
    }
}
