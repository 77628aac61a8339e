//! A Rust file as tidy sees it: each line's code and each line's comments, kept apart, and which
//! lines are tests.

use std::mem;

/// One line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its code: comments are gone, and what strings and characters contain is gone too.
    pub code: String,
    /// The text of its comments, with their slashes.
    pub comment: String,
    /// Whether it stands in a `#[cfg(test)]` module.
    pub is_test: bool,
}

impl Line {
    /// Whether there is any code on it.
    pub fn has_code(&self) -> bool {
        !self.code.trim().is_empty()
    }
}

/// Splits a file into lines and each line into code and comments.
pub fn lines(text: &str) -> Vec<Line> {
    let mut scanner = Scanner::default();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        at += scanner.step(&chars[at..]);
    }
    scanner.end_line();
    if scanner.lines.last() == Some(&Line::default()) {
        scanner.lines.pop();
    }
    mark_tests(&mut scanner.lines);
    scanner.lines
}

/// The modules that a file declares as tests in files of their own: `#[cfg(test)] mod name;`.
pub fn test_modules(lines: &[Line]) -> Vec<String> {
    let mut names = Vec::new();
    let mut under_cfg_test = false;
    for line in lines
        .iter()
        .map(|line| line.code.trim())
        .filter(|code| !code.is_empty())
    {
        under_cfg_test |= is_cfg_test(line);
        let item = line.rsplit(']').next().unwrap_or(line).trim();
        if item.is_empty() {
            continue; // an attribute: the item follows
        }
        if let Some(name) = item
            .strip_suffix(';')
            .and_then(|item| item.strip_prefix("mod "))
            && under_cfg_test
        {
            names.push(name.trim().to_string());
        }
        under_cfg_test = false;
    }
    names
}

/// What the scanner is inside of.
#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Code,
    LineComment,
    /// Depth: block comments nest.
    BlockComment(usize),
    String,
    /// How many `#` end it.
    RawString(usize),
}

#[derive(Default)]
struct Scanner {
    state: State,
    line: Line,
    lines: Vec<Line>,
}

impl Scanner {
    /// Reads what `rest` begins with; returns how many characters that were.
    fn step(&mut self, rest: &[char]) -> usize {
        if rest[0] == '\n' {
            self.end_line();
            return 1;
        }
        match self.state {
            State::Code => self.code(rest),
            State::LineComment => self.keep_comment(&rest[..1]),
            State::BlockComment(depth) => self.block_comment(rest, depth),
            State::String => self.string(rest),
            State::RawString(hashes) => {
                let end = 1 + hashes;
                let is_end = rest[0] == '"' && count(&rest[1..], '#') >= hashes;
                if is_end { self.close_string(end) } else { 1 }
            }
        }
    }

    fn code(&mut self, rest: &[char]) -> usize {
        if starts(rest, "//") {
            self.state = State::LineComment;
            return self.keep_comment(&rest[..2]);
        }
        if starts(rest, "/*") {
            self.state = State::BlockComment(1);
            return self.keep_comment(&rest[..2]);
        }
        if let Some((hashes, length)) = raw_string(rest)
            && !self.line.code.ends_with(is_word)
        {
            self.state = State::RawString(hashes);
            self.line.code.push('"');
            return length;
        }
        if rest[0] == '"' {
            self.state = State::String;
        } else if let Some(length) = char_literal(rest) {
            self.line.code.push_str("''");
            return length;
        }
        self.line.code.push(rest[0]);
        1
    }

    fn block_comment(&mut self, rest: &[char], depth: usize) -> usize {
        if starts(rest, "/*") {
            self.state = State::BlockComment(depth + 1);
            self.keep_comment(&rest[..2])
        } else if starts(rest, "*/") {
            self.state = if depth == 1 {
                State::Code
            } else {
                State::BlockComment(depth - 1)
            };
            self.keep_comment(&rest[..2])
        } else {
            self.keep_comment(&rest[..1])
        }
    }

    fn string(&mut self, rest: &[char]) -> usize {
        match rest[0] {
            '\\' if rest.get(1) != Some(&'\n') => 2,
            '"' => self.close_string(1),
            _ => 1,
        }
    }

    fn close_string(&mut self, length: usize) -> usize {
        self.line.code.push('"');
        self.state = State::Code;
        length
    }

    fn keep_comment(&mut self, text: &[char]) -> usize {
        self.line.comment.extend(text);
        text.len()
    }

    fn end_line(&mut self) {
        if matches!(self.state, State::LineComment) {
            self.state = State::Code;
        }
        self.lines.push(mem::take(&mut self.line));
    }
}

/// Marks the lines of inline `#[cfg(test)] mod … { }`.
fn mark_tests(lines: &mut [Line]) {
    let mut depth = 0_isize;
    let mut pending = false;
    let mut outside = None; // the depth at which the test module ends
    for line in lines {
        pending |= is_cfg_test(&line.code);
        line.is_test = outside.is_some() || pending;
        for c in line.code.chars() {
            match c {
                '{' => {
                    if mem::take(&mut pending) && outside.is_none() {
                        outside = Some(depth);
                    }
                    depth += 1;
                }
                '}' => {
                    depth -= 1;
                    if outside == Some(depth) {
                        outside = None;
                    }
                }
                ';' => pending = false,
                _ => {}
            }
        }
    }
}

/// Whether a line has `#[cfg(test)]`, `#[cfg(all(test, …))]` or the like.
fn is_cfg_test(code: &str) -> bool {
    code.split("#[cfg(").skip(1).any(|rest| {
        let condition = rest.split(']').next().unwrap_or_default();
        !condition.contains("not(test") && words(condition).any(|word| word == "test")
    })
}

/// The identifiers and numbers in `text`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// Whether `c` can be part of an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn starts(rest: &[char], prefix: &str) -> bool {
    prefix
        .chars()
        .enumerate()
        .all(|(at, c)| rest.get(at) == Some(&c))
}

fn count(rest: &[char], c: char) -> usize {
    rest.iter().take_while(|other| **other == c).count()
}

/// `r"`, `r#"`, `br##"`…: the number of its `#`, and its length.
fn raw_string(rest: &[char]) -> Option<(usize, usize)> {
    let prefix = if starts(rest, "br") || starts(rest, "cr") {
        2
    } else {
        1
    };
    let hashes = count(rest.get(prefix..)?, '#');
    let is_raw = rest[prefix - 1] == 'r' && rest.get(prefix + hashes) == Some(&'"');
    is_raw.then_some((hashes, prefix + hashes + 1))
}

/// The length of `'x'`, `'\n'` or `'\u{1F600}'`; none for a lifetime.
fn char_literal(rest: &[char]) -> Option<usize> {
    if rest[0] != '\'' {
        return None;
    }
    if rest.get(1) == Some(&'\\') {
        return rest
            .iter()
            .skip(3)
            .position(|c| *c == '\'')
            .map(|end| end + 4);
    }
    (rest.get(2) == Some(&'\'')).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|line| line.code).collect()
    }

    #[test]
    fn comments_are_no_code() {
        let lines = lines("let a = 1; // unsafe\n/* unsafe /* nested */\n still */ b");
        assert_eq!(lines[0].code, "let a = 1; ");
        assert_eq!(lines[0].comment, "// unsafe");
        assert!(!lines[1].has_code());
        assert_eq!(lines[2].code, " b");
    }

    #[test]
    fn what_strings_contain_is_no_code() {
        assert_eq!(code(r#"f("unsafe // \" x"); // c"#), [r#"f(""); "#]);
        assert_eq!(code("f(r#\"a \" unsafe\"#, b\"x\");"), ["f(\"\", b\"\");"]);
        assert_eq!(
            code("let s = \"a\n // b\n\"; c"),
            ["let s = \"", "", "\"; c"]
        );
        assert_eq!(
            code(r"m('{', '\'', '\u{7B}', b'\\'); x"),
            ["m('', '', '', b''); x"]
        );
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), ["fn f<'a>(x: &'a str) {}"]);
        assert_eq!(code("for_r#\"x\"#;"), ["for_r#\"\"#;"]);
    }

    #[test]
    fn inline_test_modules_are_tests() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { '}'; }\n}\nfn c() {}\n";
        let is_test: Vec<bool> = lines(text).iter().map(|line| line.is_test).collect();
        assert_eq!(is_test, [false, true, true, true, true, false]);
    }

    #[test]
    fn test_modules_in_files_are_named() {
        let text = "#[cfg(test)]\nmod tests;\nmod a;\n#[cfg(all(test, feature = \"x\"))] mod loom;\n\
                    #[cfg(not(test))]\nmod b;\n#[cfg(test)]\nfn f() {}\nmod c;\n";
        assert_eq!(test_modules(&lines(text)), ["tests", "loom"]);
        assert!(!lines(text)[2].is_test);
    }
}
