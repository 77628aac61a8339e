//! How the cost of an operation grows with the number of tasks, timers or connections that there are.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{
    ChartBuilder, Circle, Color, DrawingArea, IntoDrawingArea, IntoLogRange, LineSeries,
    PathElement, SVGBackend, SeriesLabelPosition, WHITE,
};

use crate::Result;
use crate::chart::{Stroke, stroke};
use crate::report::Outcome;
use crate::text::{aligned, number};

/// A workload, and the sizes for which it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    /// The workload.
    pub workload: &'static str,
    /// What there are so many of.
    pub title: &'static str,
    /// How many.
    pub sizes: &'static [usize],
}

const MANY: &[usize] = &[10, 100, 1000, 10_000, 100_000, 1_000_000];

/// All that grow.
pub const AXES: [Axis; 3] = [
    Axis {
        workload: "pending_tasks",
        title: "tasks",
        sizes: MANY,
    },
    Axis {
        workload: "pending_timers",
        title: "timers",
        sizes: MANY,
    },
    Axis {
        workload: "echo",
        title: "connections",
        sizes: &[1, 10, 100, 1000, 10_000],
    },
];

/// What an axis came to: an outcome for each size.
#[derive(Debug)]
pub struct Growth {
    /// The axis.
    pub axis: Axis,
    /// Smallest size first.
    pub outcomes: Vec<Outcome>,
}

impl Growth {
    /// A line for each contestant, a column for each size, and the last over the least.
    pub fn table(&self) -> String {
        let Some(first) = self.outcomes.first() else {
            return String::new();
        };
        let mut cells = vec![String::new(); 6];
        for (cell, outcome) in cells.iter_mut().zip(&self.outcomes) {
            *cell = outcome.size.to_string();
        }
        let mut lines = vec![line("", cells, "last / least")];
        for series in &first.all {
            let points = self.points(series.contestant);
            let mut cells = vec![String::new(); 6];
            for (cell, outcome) in cells.iter_mut().zip(&self.outcomes) {
                let point = points.iter().find(|(size, _)| *size == outcome.size as f64);
                *cell = point.map_or("-".to_string(), |(_, value)| number(*value));
            }
            let least = points
                .iter()
                .map(|(_, value)| *value)
                .fold(f64::MAX, f64::min);
            let growth = points
                .last()
                .map(|(_, last)| format!("{:.2}", last / least));
            lines.push(line(series.contestant, cells, &growth.unwrap_or_default()));
            if let Some(failure) = self.failure(series.contestant) {
                lines.push(line(series.contestant, vec![failure], ""));
            }
        }
        let (title, figure) = (self.axis.title, first.figure);
        let about = first.workload.about;
        format!("\n{title}: {about}; {figure}\n{}", aligned(&lines))
    }

    /// Size and median, where there is one.
    fn points(&self, contestant: &str) -> Vec<(f64, f64)> {
        let outcomes = self.outcomes.iter();
        let points = outcomes.filter_map(|outcome| {
            let series = outcome.all.iter().find(|it| it.contestant == contestant)?;
            Some((outcome.size as f64, series.spread(outcome.figure)?.median))
        });
        points.collect()
    }

    /// The first thing that went wrong.
    fn failure(&self, contestant: &str) -> Option<String> {
        let all = self.outcomes.iter().flat_map(|it| &it.all);
        let mut own = all.filter(|it| it.contestant == contestant);
        own.find_map(|it| Some(format!("FAILED: {}", it.failures.first()?)))
    }
}

fn line(name: &str, cells: Vec<String>, last: &str) -> [String; 8] {
    let mut line: [String; 8] = std::array::from_fn(|_| String::new());
    line[0] = name.to_string();
    for (place, cell) in line[1..].iter_mut().zip(cells) {
        *place = cell;
    }
    line[7] = last.to_string();
    line
}

const PANEL: (u32, u32) = (420, 420);

/// Draws all, a panel for each axis.
///
/// # Errors
///
/// If the file cannot be written.
pub fn draw(file: &Path, all: &[Growth]) -> Result<()> {
    let size = (PANEL.0 * all.len().max(1) as u32, PANEL.1);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    for (panel, growth) in area.split_evenly((1, all.len().max(1))).iter().zip(all) {
        draw_panel(panel, growth)?;
    }
    Ok(area.present()?)
}

fn draw_panel(panel: &DrawingArea<SVGBackend<'_>, Shift>, growth: &Growth) -> Result<()> {
    let Some(first) = growth.outcomes.first() else {
        return Ok(());
    };
    let names = first.all.iter().map(|it| it.contestant);
    let curves: Vec<_> = names.map(|name| (name, growth.points(name))).collect();
    let values = || {
        curves
            .iter()
            .flat_map(|(_, points)| points)
            .map(|(_, it)| *it)
    };
    let least = values().fold(f64::MAX, f64::min).min(1e9);
    let most = values().fold(0.0, f64::max).max(2.0 * least);
    let sizes = growth.outcomes.iter().map(|it| it.size as f64);
    let last = sizes.fold(2.0, f64::max);
    let mut chart = ChartBuilder::on(panel)
        .margin(12)
        .margin_right(24)
        .caption(growth.axis.title, ("sans-serif", 16))
        .x_label_area_size(40)
        .y_label_area_size(64)
        // Room for the names above the curves.
        .build_cartesian_2d(
            (first.size as f64..last).log_scale(),
            (least / 2.0..most * 8.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_labels(growth.outcomes.len())
        .y_labels(6)
        .x_desc(format!("{} that there are", growth.axis.title))
        .y_desc("ns of CPU time for an operation")
        .x_label_formatter(&|size| size_shown(*size))
        .y_label_formatter(&|nanos| number(*nanos))
        .label_style(("sans-serif", 12))
        .draw()?;
    for (name, points) in curves.iter().filter(|(_, points)| !points.is_empty()) {
        let Stroke { colour, width } = stroke(name);
        let style = colour.stroke_width(width);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        let dots = points
            .iter()
            .map(|&at| Circle::new(at, width + 1, colour.filled()));
        chart.draw_series(dots)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 12))
        .draw()?;
    Ok(())
}

fn size_shown(size: f64) -> String {
    match size {
        1e6.. => format!("{:.0}M", size / 1e6),
        1e3.. => format!("{:.0}k", size / 1e3),
        _ => format!("{size:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Run;
    use crate::rounds::Series;
    use crate::sample::Sample;
    use crate::workload;

    fn growth() -> Growth {
        let outcome = |size, ns: Option<f64>| Outcome {
            workload: workload::find("pending_tasks").unwrap(),
            figure: "cpu_ns_op",
            size,
            all: vec![Series {
                contestant: "laneway_st",
                cannot: None,
                runs: ns
                    .into_iter()
                    .map(|ns| Run {
                        sample: Sample::default().with("cpu_ns_op", ns),
                        others: None,
                    })
                    .collect(),
                failures: match ns {
                    Some(_) => vec![],
                    None => vec!["hangs".to_string()],
                },
            }],
        };
        Growth {
            axis: AXES[0],
            outcomes: vec![
                outcome(10, Some(50.0)),
                outcome(100, None),
                outcome(1000, Some(100.0)),
            ],
        }
    }

    #[test]
    fn a_column_for_each_size() {
        let table = growth().table();
        let lines: Vec<Vec<&str>> = table
            .lines()
            .skip(2)
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(lines[0][..3], ["10", "100", "1000"]);
        assert_eq!(lines[1], ["laneway_st", "50.0", "-", "100", "2.00"]);
        assert_eq!(lines[2], ["laneway_st", "FAILED:", "hangs"]);
    }

    #[test]
    fn axes_are_workloads() {
        for axis in AXES {
            assert!(workload::find(axis.workload).is_some() && axis.sizes.len() <= 6);
        }
    }

    #[test]
    fn a_chart_is_drawn() {
        let name = format!("laneway-scaling-{}.svg", std::process::id());
        let file = std::env::temp_dir().join(name);
        draw(&file, &[growth(), growth()]).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(
            svg.contains("laneway_st") && svg.contains("polyline"),
            "{svg}"
        );
    }
}
