//! The paths that a file names, with its imports followed: `thread::spawn` after
//! `use std::{sync::Arc, thread};` is `std::thread::spawn`.

use std::collections::HashMap;

use super::source::{Line, is_word};
use super::tree::File;

/// A path in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    /// In full; `core` and `alloc` are spelt `std`.
    pub(super) path: String,
    /// What the import that it goes through says; empty when it goes through none.
    pub(super) import: String,
    pub(super) is_import: bool,
    pub(super) is_test: bool,
}

/// All paths of a file: those that it imports, and those that its code names.
pub(super) fn named(file: &File) -> Vec<Named> {
    let tokens = tokens(&file.lines);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        imports: vec![],
        paths: vec![],
    };
    parser.file();
    let is_test = |line: usize| file.is_test || file.lines[line - 1].is_test;
    let mut named = Vec::new();
    let mut code = HashMap::new();
    let mut tests = HashMap::new();
    for Import { line, path, alias } in parser.imports {
        let aliases = if is_test(line) { &mut tests } else { &mut code };
        aliases.insert(alias, path.clone());
        let (import, is_test) = (String::new(), is_test(line));
        named.push(Named {
            line,
            path,
            import,
            is_import: true,
            is_test,
        });
    }
    for (line, path) in parser.paths {
        let is_test = is_test(line);
        let (first, rest) = path.split_once("::").unwrap_or((&path, ""));
        let import = tests
            .get(first)
            .filter(|_| is_test)
            .or_else(|| code.get(first));
        let import = import.cloned().unwrap_or_default();
        let path = match (import.as_str(), rest) {
            ("", _) => std_name(&path),
            (import, "") => import.to_string(),
            (import, rest) => format!("{import}::{rest}"),
        };
        named.push(Named {
            line,
            path,
            import,
            is_import: false,
            is_test,
        });
    }
    named
}

/// Whether `path` is `prefix` or something in it.
pub(super) fn is_in(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether the last parts of `path` are `suffix`.
pub(super) fn ends_in(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
}

/// One name for what std re-exports.
fn std_name(path: &str) -> String {
    match path.split_once("::") {
        Some(("core" | "alloc", rest)) => format!("std::{rest}"),
        _ => path.to_string(),
    }
}

struct Import {
    line: usize,
    path: String,
    alias: String,
}

struct Parser<'a> {
    tokens: &'a [(usize, &'a str)],
    at: usize,
    imports: Vec<Import>,
    paths: Vec<(usize, String)>,
}

impl Parser<'_> {
    fn file(&mut self) {
        while let Some((line, token)) = self.next() {
            if token == "use" {
                self.import(String::new());
            } else if token.starts_with(is_word) {
                let mut path = token.to_string();
                while self.peek() == "::" && self.peek_at(1).starts_with(is_word) {
                    self.at += 1;
                    path.push_str("::");
                    path.push_str(self.next().map_or("", |(_, word)| word));
                }
                self.paths.push((line, path));
            }
        }
    }

    /// One branch of a tree of imports; stands behind it afterwards.
    fn import(&mut self, mut path: String) {
        let start = self.tokens.get(self.at).map_or(0, |(line, _)| *line);
        loop {
            match self.peek() {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !matches!(self.peek(), "}" | ";" | "") {
                        self.import(path.clone());
                        if self.peek() == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    let alias = self.peek_at(1).to_string();
                    self.at += 2;
                    return self.imported(start, path, Some(alias));
                }
                "*" => {
                    self.at += 1;
                    return self.imported(start, path + "::*", None);
                }
                "self" if !path.is_empty() => self.at += 1,
                word if word.starts_with(is_word) => {
                    let separator = if path.is_empty() { "" } else { "::" };
                    path = format!("{path}{separator}{word}");
                    self.at += 1;
                }
                _ => return self.imported(start, path, None),
            }
        }
    }

    fn imported(&mut self, line: usize, path: String, alias: Option<String>) {
        let path = std_name(&path);
        let last = path.rsplit("::").next().unwrap_or_default().to_string();
        self.imports.push(Import {
            line,
            path,
            alias: alias.unwrap_or(last),
        });
    }

    fn next(&mut self) -> Option<(usize, &str)> {
        self.at += 1;
        self.tokens.get(self.at - 1).copied()
    }

    fn peek(&self) -> &str {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |(_, token)| token)
    }
}

/// Words, `::`, and every other character by itself.
fn tokens(lines: &[Line]) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut rest = line.code.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                _ if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            tokens.push((at + 1, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::super::planted;
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let tree = planted::file("crates/a/src/lib.rs", text);
        named(&tree.files["crates/a/src/lib.rs"])
            .into_iter()
            .map(|named| named.path)
            .collect()
    }

    #[test]
    fn follows_imports() {
        let text = "use core::{sync::{atomic::{self, AtomicU8 as Byte}, Arc}, thread};\n\
                    use laneway_loom::cell::*;\n\
                    thread::spawn; atomic::fence; Byte::new; ::std::process::exit; self.thread";
        let expected = [
            "std::sync::atomic",
            "std::sync::atomic::AtomicU8",
            "std::sync::Arc",
            "std::thread",
            "laneway_loom::cell::*",
            "std::thread::spawn",
            "std::sync::atomic::fence",
            "std::sync::atomic::AtomicU8::new",
            "std::process::exit",
            "self",
            "std::thread",
        ];
        assert_eq!(paths(text), expected);
    }

    #[test]
    fn imports_may_take_many_lines() {
        let text = "use std::{\n  fmt,\n  sync::Mutex,\n};\n";
        let tree = planted::file("crates/a/src/lib.rs", text);
        let named = named(&tree.files["crates/a/src/lib.rs"]);
        assert_eq!(
            (named[1].line, named[1].path.as_str()),
            (3, "std::sync::Mutex")
        );
    }

    #[test]
    fn imports_of_tests_are_the_tests_own() {
        let text = "use laneway_loom::thread;\nfn f() { thread::spawn }\n\
                    #[cfg(test)]\nmod tests {\nuse std::thread;\nfn f() { thread::spawn }\n}\n";
        let tree = planted::file("crates/a/src/lib.rs", text);
        let named = named(&tree.files["crates/a/src/lib.rs"]);
        let spawns = named
            .iter()
            .filter(|named| ends_in(&named.path, "thread::spawn"));
        let spawns: Vec<_> = spawns
            .map(|named| (named.path.as_str(), named.is_test))
            .collect();
        let expected = [
            ("laneway_loom::thread::spawn", false),
            ("std::thread::spawn", true),
        ];
        assert_eq!(spawns, expected);
    }

    #[test]
    fn parts_are_whole_words() {
        assert!(is_in("std::sync::atomic::fence", "std::sync::atomic"));
        assert!(!is_in("std::sync::atomics", "std::sync::atomic"));
        assert!(ends_in("std::time::Instant::now", "Instant::now"));
        assert!(!ends_in("MyInstant::now", "Instant::now"));
    }
}
