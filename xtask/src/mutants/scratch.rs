//! A copy of the workspace that has all mutants at once: each is a branch, and an environment
//! variable says which is taken. So there is one build, not one for each mutant.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::sites::{Edit, Mutant};
use crate::Result;

/// Names the mutant that a process is to be; none if it is not set.
pub(super) const CHOICE: &str = "LANEWAY_MUTANT";

/// What the copy's door has besides.
const DOOR: &str = r#"

#[allow(missing_docs)]
pub mod mutant {
    pub use loom::sync::atomic::Ordering;

    pub fn is(mutant: usize) -> bool {
        static CHOSEN: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
        let chosen = || std::env::var("LANEWAY_MUTANT").ok().and_then(|choice| choice.parse().ok());
        *CHOSEN.get_or_init(chosen) == Some(mutant)
    }

    pub fn ordering(mutant: usize, usual: Ordering, weaker: Ordering) -> Ordering {
        if is(mutant) { weaker } else { usual }
    }
}
"#;

/// The edits of a file, by line, with the numbers of their mutants.
type Edits<'a> = BTreeMap<usize, Vec<(usize, &'a Edit)>>;

/// Makes the copy, or brings it up to date: only what is new is written, so that only that is built.
pub(super) fn write(root: &Path, target: &Path, mutants: &[Mutant], copy: &Path) -> Result<()> {
    let mut files = BTreeMap::new();
    for top in ["Cargo.toml", "Cargo.lock"] {
        files.insert(PathBuf::from(top), fs::read(root.join(top))?);
    }
    for member in ["benches", "crates", "tests", "xtask"] {
        read(root, Path::new(member), target, &mut files)?;
    }
    let mut edits: BTreeMap<&str, Edits> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        let edits = edits.entry(&mutant.key.file).or_default();
        let of_line = edits.entry(mutant.line).or_default();
        of_line.push((number, &mutant.edit));
    }
    for (path, lines) in edits {
        let text = files
            .get_mut(Path::new(path))
            .ok_or("a mutant of no file")?;
        *text = edited(&String::from_utf8(std::mem::take(text))?, &lines).into_bytes();
    }
    let door = files.get_mut(Path::new("crates/laneway-loom/src/lib.rs"));
    door.ok_or("there is no door")?.extend(DOOR.as_bytes());
    let mut before = BTreeMap::new();
    if copy.is_dir() {
        read(copy, Path::new(""), target, &mut before)?;
    }
    for gone in before.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(copy.join(gone))?;
    }
    for (path, bytes) in files {
        if before.get(&path) != Some(&bytes) {
            let path = copy.join(&path);
            fs::create_dir_all(path.parent().unwrap_or(copy))?;
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}

fn read(
    root: &Path,
    folder: &Path,
    target: &Path,
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            files.insert(path, fs::read(entry.path())?);
        } else if entry.path() != target {
            read(root, &path, target, files)?;
        }
    }
    Ok(())
}

/// A file with its mutants in it.
fn edited(text: &str, lines: &Edits) -> String {
    let mut edited = String::new();
    for (at, line) in text.lines().enumerate() {
        match lines.get(&(at + 1)) {
            Some(edits) => edited += &edited_line(line, edits),
            None => edited += line,
        }
        edited.push('\n');
    }
    edited
}

fn edited_line(line: &str, edits: &[(usize, &Edit)]) -> String {
    // By column: what goes there that ends something, and what begins something. The later of two
    // around the same part goes around the earlier.
    let mut parts: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for (number, edit) in edits {
        let (start, opening, end, closing) = around(*number, edit);
        let opened = &mut parts.entry(start).or_default().1;
        opened.insert_str(0, &opening);
        parts.entry(end).or_default().0 += &closing;
    }
    let mut edited = String::new();
    let mut from = 0;
    for (at, (closing, opening)) in parts {
        edited += &line[from..at];
        edited += &closing;
        edited += &opening;
        from = at;
    }
    edited + &line[from..]
}

/// What goes before and behind the part that a mutant changes.
fn around(number: usize, edit: &Edit) -> (usize, String, usize, String) {
    let door = "::laneway_loom::mutant";
    match *edit {
        Edit::Weaken { start, end, to } => (
            start,
            format!("{door}::ordering({number}, "),
            end,
            format!(", {door}::Ordering::{to})"),
        ),
        Edit::LeaveOut { start, end } => {
            let opening = format!("if !{door}::is({number}) {{ ");
            (start, opening, end, " }".to_string())
        }
        // The choice comes last, so that what the condition does besides is done.
        Edit::Never { start, end, is_let } => {
            let not = format!(" && !{door}::is({number})");
            match is_let {
                true => (start, String::new(), end, not),
                false => (start, "(".to_string(), end, format!("){not}")),
            }
        }
        Edit::Always { start, end } => {
            let closing = format!(") || {door}::is({number}))");
            (start, "((".to_string(), end, closing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::sites;
    use crate::tidy::Tree;

    fn edited(body: &str) -> String {
        let text = format!("use a::Ordering::{{self, AcqRel, SeqCst}};\n{body}\n");
        let mut tree = Tree::default();
        tree.add("crates/a/src/cell.rs", &text);
        let (mutants, _) = sites::mutants(&tree);
        let mut lines = Edits::new();
        for (number, mutant) in mutants.iter().enumerate() {
            lines
                .entry(mutant.line)
                .or_default()
                .push((number, &mutant.edit));
        }
        let edited = super::edited(&text, &lines).replace("::laneway_loom::mutant::", "");
        edited.lines().last().unwrap_or_default().to_string()
    }

    #[test]
    fn one_text_has_all_mutants() {
        assert_eq!(
            edited("a.swap(1, AcqRel); // so"),
            "a.swap(1, ordering(1, ordering(0, AcqRel, Ordering::Acquire), Ordering::Release)); // so"
        );
        assert_eq!(
            edited("fence(SeqCst);"),
            "if !is(1) { fence(ordering(0, SeqCst, Ordering::AcqRel)) };"
        );
        assert_eq!(
            edited("// Re-check: x.\nif a() || b {"),
            "if (((a() || b) && !is(0)) || is(1)) {"
        );
        assert_eq!(
            edited("// Re-check: x.\nwhile let Some(a) = b() {"),
            "while let Some(a) = b() && !is(0) {"
        );
        assert_eq!(edited("// Re-check: x.\nlook();"), "if !is(0) { look(); }");
    }
}
