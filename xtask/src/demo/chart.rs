//! The chart: latency by percentile, both axes logarithmic, so that each factor of ten and each nine is
//! as long as the next.

use std::path::Path;

use plotters::coord::combinators::LogCoord;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Color, IntoDrawingArea, IntoLogRange, LineSeries,
    PathElement, RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
};

use super::table::Outcome;
use crate::Result;

const SIZE: (u32, u32) = (900, 520);

/// The slowest way first. Readable for those who see few colours, too.
const COLOURS: [RGBColor; 3] = [
    RGBColor(0xb2, 0x18, 0x2b),
    RGBColor(0xe0, 0x8a, 0x1e),
    RGBColor(0x21, 0x66, 0xac),
];

/// What is left of all requests at the right end: one of so many.
const MOST: f64 = 10_000.0;

type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>;

/// Draws all curves into one file.
pub(super) fn draw(file: &Path, outcomes: &[Outcome]) -> Result<()> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .margin_right(48)
        .caption(
            "Latency of requests while background jobs take every core",
            ("sans-serif", 20),
        )
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d((1.0..MOST).log_scale(), (10e3..20e9).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_labels(5)
        .y_labels(8)
        .x_desc("share of requests that were answered")
        .y_desc("within")
        .x_label_formatter(&|left| percentile(*left))
        .y_label_formatter(&|nanos| duration(*nanos))
        .label_style(("sans-serif", 14))
        .draw()?;
    for (outcome, colour) in outcomes.iter().zip(COLOURS) {
        line(&mut chart, outcome, colour)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(0xaa, 0xaa, 0xaa))
        .label_font(("sans-serif", 15))
        .draw()?;
    Ok(area.present()?)
}

fn line(chart: &mut Chart<'_>, outcome: &Outcome, colour: RGBColor) -> Result<()> {
    let points = outcome.quantiles.iter().filter(|(share, _)| *share < 1.0);
    // One of how many is not answered yet.
    let points = points.map(|(share, nanos)| (1.0 / (1.0 - share), *nanos));
    let points = points.take_while(|(left, _)| *left <= MOST);
    chart
        .draw_series(LineSeries::new(points, colour.stroke_width(3)))?
        .label(outcome.title)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
    Ok(())
}

/// `left`: one of so many requests takes longer.
fn percentile(left: f64) -> String {
    // Rounded to what a label shows, which is less than what a float gets wrong.
    let share = ((1.0 - 1.0 / left) * 1e4).round() / 100.0;
    format!("{share} %")
}

fn duration(nanos: f64) -> String {
    match nanos {
        1e9.. => format!("{:.0} s", nanos / 1e9),
        1e6.. => format!("{:.0} ms", nanos / 1e6),
        _ => format!("{:.0} µs", nanos / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let shares = [1.0, 10.0, 100.0, 1_000.0, 10_000.0].map(percentile);
        assert_eq!(shares, ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        assert_eq!([10e3, 1e6, 1e9].map(duration), ["10 µs", "1 ms", "1 s"]);
    }

    #[test]
    fn a_chart_is_drawn() {
        let json = r#"{"requests": 3, "seconds": 1.0, "p50": 1000000, "p99": 1000000,
            "p999": 1000000, "max": 2000000, "quantiles": [[0.0, 90000], [0.9, 1000000], [1.0, 2000000]]}"#;
        let outcome = Outcome::new("one lane", json, 1.0).unwrap();
        let name = format!("laneway-chart-{}.svg", std::process::id());
        let file = std::env::temp_dir().join(name);
        draw(&file, &[outcome]).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(
            svg.contains("one lane") && svg.contains("polyline"),
            "{svg}"
        );
    }
}
