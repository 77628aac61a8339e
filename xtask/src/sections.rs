//! Timed sections: what a long command does, step by step, and one table at its end.

use std::time::{Duration, Instant};

use crate::Result;

/// The sections of one command, in the order in which they ran.
#[derive(Debug, Default)]
pub struct Sections(Vec<Section>);

#[derive(Debug)]
struct Section {
    name: String,
    elapsed: Duration,
    failure: Option<String>,
}

impl Sections {
    /// Runs one section. A failure is shown and kept, and the next section runs all the same: one
    /// look at the table tells all that is wrong.
    pub fn run(&mut self, name: &str, section: impl FnOnce() -> Result<()>) {
        eprintln!("\n━━ {name}");
        let start = Instant::now();
        let failure = section().err().map(|error| error.to_string());
        if let Some(failure) = &failure {
            eprintln!("━━ {name}: {failure}");
        }
        self.0.push(Section {
            name: name.to_string(),
            elapsed: start.elapsed(),
            failure,
        });
    }

    /// Takes over the sections of a part.
    pub fn append(&mut self, part: Sections) {
        self.0.extend(part.0);
    }

    /// Prints the table; an error if any section failed.
    pub fn finish(self) -> Result<()> {
        eprint!("\n{}", self.table());
        let failed: Vec<&str> = self
            .0
            .iter()
            .filter(|s| s.failure.is_some())
            .map(|s| s.name.as_str())
            .collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(format!("failed: {}", failed.join(", ")).into())
        }
    }

    fn table(&self) -> String {
        let width = self
            .0
            .iter()
            .map(|s| s.name.chars().count())
            .max()
            .unwrap_or(0)
            .max(7);
        let mut table = format!("{:<width$}  seconds\n", "section");
        for Section {
            name,
            elapsed,
            failure,
        } in &self.0
        {
            let verdict = if failure.is_some() { "FAILED" } else { "ok" };
            let seconds = elapsed.as_secs_f64();
            table += &format!("{name:<width$}  {seconds:>7.1}  {verdict}\n");
        }
        let total: f64 = self.0.iter().map(|s| s.elapsed.as_secs_f64()).sum();
        table + &format!("{:<width$}  {total:>7.1}\n", "total")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_does_not_stop_the_rest_and_fails_the_whole() {
        let mut sections = Sections::default();
        let mut ran = false;
        sections.run("first", || Err("broken".into()));
        sections.run("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        let table = sections.table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[1].starts_with("first") && lines[1].ends_with("FAILED"),
            "{table}"
        );
        assert!(
            lines[2].starts_with("second") && lines[2].ends_with("ok"),
            "{table}"
        );
        assert_eq!(sections.finish().unwrap_err().to_string(), "failed: first");
    }

    #[test]
    fn all_well() {
        let mut sections = Sections::default();
        sections.run("only", || Ok(()));
        assert!(sections.finish().is_ok());
    }
}
