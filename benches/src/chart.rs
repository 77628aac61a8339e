//! The chart of a comparison: a row for each workload and kind of runtime, a dot for each contestant.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::combinators::LogCoord;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Circle, Color, DrawingArea, EmptyElement,
    IntoDrawingArea, IntoLogRange, PathElement, RGBColor, SVGBackend, SeriesLabelPosition, Text,
    WHITE,
};

use crate::Result;
use crate::contestant::family;
use crate::report::{FLOOR, Outcome, REFERENCE};
use crate::rounds::Series;

/// Readable for those who see few colours, too.
const COLOURS: [(&str, RGBColor); 6] = [
    ("floor", RGBColor(0xaa, 0xaa, 0xaa)),
    ("tokio", RGBColor(0x33, 0x33, 0x33)),
    ("smol", RGBColor(0xe0, 0x8a, 0x1e)),
    ("monoio", RGBColor(0x88, 0x4e, 0xa0)),
    ("glommio", RGBColor(0x1b, 0x83, 0x45)),
    ("laneway", RGBColor(0x21, 0x66, 0xac)),
];

/// How a contestant's curve is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Stroke {
    /// Its family's.
    pub colour: RGBColor,
    /// Several threads are drawn bolder.
    pub width: u32,
}

/// How the curve of this contestant is drawn.
pub fn stroke(contestant: &str) -> Stroke {
    let (family, threads) = family(contestant);
    let colour = COLOURS.iter().find(|(name, _)| *name == family);
    Stroke {
        colour: colour.map_or(COLOURS[0].1, |(_, colour)| *colour),
        width: if threads == "mt" { 4 } else { 2 },
    }
}

const WIDTH: u32 = 1000;
const ROW: u32 = 26;
const FRAME: u32 = 140;
const LABELS: u32 = 190;

/// The least and the greatest ratio that are drawn; what lies beyond lies on the edge.
const RATIOS: (f64, f64) = (0.01, 30.0);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<LogCoord<f64>, RangedCoordf64>>;

/// One row: who was compared, what their primary figures were over Tokio's.
struct Row<'a> {
    title: String,
    ratios: Vec<(&'a str, [f64; 3])>,
}

/// Draws all workloads that Tokio took part in.
///
/// # Errors
///
/// If the file cannot be written.
pub fn draw(file: &Path, outcomes: &[Outcome]) -> Result<()> {
    let rows: Vec<Row> = outcomes.iter().flat_map(rows).collect();
    let size = (WIDTH, FRAME + ROW * rows.len().max(1) as u32);
    let area: Area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let count = rows.len().max(1) as f64;
    let mut chart: Chart = ChartBuilder::on(&area)
        .margin(16)
        .margin_right(24)
        .caption("Over Tokio: less is better", ("sans-serif", 18))
        .x_label_area_size(44)
        .y_label_area_size(LABELS)
        .build_cartesian_2d((RATIOS.0..RATIOS.1).log_scale(), count..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(WHITE)
        .y_labels(0)
        .x_labels(7)
        .x_desc("median of the rounds over Tokio's, with the least and the greatest")
        .label_style(("sans-serif", 13))
        .draw()?;
    let grid = RGBColor(0x33, 0x33, 0x33).stroke_width(1);
    chart.draw_series([PathElement::new([(1.0, 0.0), (1.0, count)], grid)])?;
    for (name, colour) in COLOURS {
        dots(&mut chart, &rows, name, colour)?;
    }
    for (at, row) in rows.iter().enumerate() {
        let label = Text::new(
            row.title.clone(),
            (8 - LABELS as i32, -7),
            ("sans-serif", 13),
        );
        let place = (RATIOS.0, at as f64 + 0.5);
        chart
            .plotting_area()
            .draw(&(EmptyElement::at(place) + label))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(0xaa, 0xaa, 0xaa))
        .label_font(("sans-serif", 13))
        .draw()?;
    Ok(area.present()?)
}

/// The dots of one family, and its line of the legend if there are any.
fn dots(chart: &mut Chart<'_>, rows: &[Row<'_>], name: &str, colour: RGBColor) -> Result<()> {
    let radius = if name == "laneway" { 6 } else { 4 };
    let of_family = rows.iter().enumerate().flat_map(|(at, row)| {
        let ratios = row.ratios.iter().filter(|(family, _)| *family == name);
        ratios.map(move |(_, ratios)| (at as f64 + 0.5, *ratios))
    });
    let dots: Vec<_> = of_family.collect();
    if dots.is_empty() {
        return Ok(());
    }
    let spread = |&(y, [_, min, max]): &(f64, [f64; 3])| {
        PathElement::new([(min, y), (max, y)], colour.stroke_width(1))
    };
    chart.draw_series(dots.iter().map(spread))?;
    let dot =
        |&(y, [median, ..]): &(f64, [f64; 3])| Circle::new((median, y), radius, colour.filled());
    chart
        .draw_series(dots.iter().map(dot))?
        .label(name)
        .legend(move |at| Circle::new(at, radius, colour.filled()));
    Ok(())
}

fn rows(outcome: &Outcome) -> Vec<Row<'_>> {
    let row = |threads: &'static str| {
        let of_kind = |it: &&Series| family(it.contestant).1 == threads;
        let ratios = outcome.all.iter().filter(of_kind).filter_map(|series| {
            let ratio = outcome.ratio(series, REFERENCE)?;
            let spread = series.spread(outcome.figure)?;
            let scale = ratio / spread.median;
            let all = [spread.median, spread.min, spread.max];
            let all = all.map(|it| (it * scale).clamp(RATIOS.0, RATIOS.1));
            Some((family(series.contestant).0, all))
        });
        let ratios: Vec<_> = ratios.collect();
        let title = format!("{}, {threads}", outcome.workload.name);
        let is_compared = ratios
            .iter()
            .any(|(name, _)| ![REFERENCE, FLOOR].contains(name));
        is_compared.then_some(Row { title, ratios })
    };
    ["mt", "st"].into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Run;
    use crate::sample::Sample;
    use crate::workload;

    #[test]
    fn a_chart_is_drawn() {
        let series = |contestant, ns| Series {
            contestant,
            cannot: None,
            runs: vec![Run {
                sample: Sample::default().with("ns_op", ns),
                others: None,
            }],
            failures: vec![],
        };
        let outcome = Outcome {
            workload: workload::find("chained").unwrap(),
            figure: "ns_op",
            size: 1,
            all: vec![
                series("tokio_st", 100.0),
                series("laneway_st", 1e9),
                series("smol_mt", 5.0),
            ],
        };
        assert_eq!(rows(&outcome).len(), 1);
        assert_eq!(rows(&outcome)[0].ratios[1], ("laneway", [30.0; 3]));
        let name = format!("laneway-compare-{}.svg", std::process::id());
        let file = std::env::temp_dir().join(name);
        draw(&file, &[outcome]).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(
            svg.contains("chained, st") && svg.contains("circle"),
            "{svg}"
        );
    }
}
