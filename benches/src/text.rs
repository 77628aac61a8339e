//! Tables and numbers, as people read them.

use std::fmt::Write;

/// Columns as wide as their widest cell.
pub fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|it| it[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|it| width(it).unwrap_or(0)).collect();
    let mut table = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths);
        let text: String = cells.map(|(it, width)| format!("{it:<width$}  ")).collect();
        let _ = writeln!(table, "{}", text.trim_end());
    }
    table
}

/// Three digits or more.
pub fn number(value: f64) -> String {
    match value.abs() {
        1e7.. => format!("{:.1}M", value / 1e6),
        1e4.. => format!("{:.1}k", value / 1e3),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.234, 12.34, 123.4, 1234.5, 12_345.0, 12_345_678.0].map(number);
        assert_eq!(
            shown,
            ["0.00", "1.23", "12.3", "123", "1234", "12.3k", "12.3M"]
        );
    }

    #[test]
    fn columns() {
        let lines = [["a", "b"], ["µs", "c"]].map(|line| line.map(str::to_string));
        assert_eq!(aligned(&lines), "a   b\nµs  c\n");
    }
}
