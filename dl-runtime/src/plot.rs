//! Charts as SVG files: lines and points over two axes, in panels side by side. The files contain no fonts or scripts.
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::plot::Chart;
//! let chart = Chart::new("falling").axes("time (s)", "height (m)").line("ball", [(0.0, 5.0), (0.5, 3.8), (1.0, 0.1)]);
//! assert!(chart.svg().starts_with("<svg"));
//! ```

use crate::Result;
use dl_drawing::svg::{Attributes, Number, Svg};
use std::fmt::Write as _;
use std::path::Path;

/// The palette of Okabe and Ito, whose colours also colour-blind readers can distinguish, and two more for ten classes.
const COLOURS: [&str; 10] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442", "#999999", "#882255"];
/// The size of a panel, and the margins around the axes: left, top, right, bottom.
const SIZE: (f64, f64) = (460.0, 320.0);
const MARGINS: (f64, f64, f64, f64) = (68.0, 58.0, 18.0, 52.0);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Line,
    Points,
}

#[derive(Clone, Debug)]
struct Series {
    name: String,
    mark: Mark,
    points: Vec<(f64, f64)>,
}

/// One panel: series over two axes, with a title and a legend.
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    labels: (String, String),
    series: Vec<Series>,
    /// Vertical lines: their names, and where they stand.
    marks: Vec<(String, f64)>,
    logarithmic: bool,
}

impl Chart {
    /// Returns an empty chart with a title.
    pub fn new(title: impl Into<String>) -> Self {
        Chart {
            title: title.into(),
            labels: Default::default(),
            series: Vec::new(),
            marks: Vec::new(),
            logarithmic: false,
        }
    }
    /// Sets the labels of the axes, which should include units.
    #[must_use]
    pub fn axes(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.labels = (x.into(), y.into());
        self
    }
    /// Makes the vertical axis logarithmic, if all numbers are positive and span more than a power of ten.
    #[must_use]
    pub fn logarithmic(mut self) -> Self {
        self.logarithmic = true;
        self
    }
    /// Adds a line through points from left to right; numbers that are not finite leave a gap.
    #[must_use]
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(name, Mark::Line, points)
    }
    /// Adds a scatter plot of points.
    #[must_use]
    pub fn points(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(name, Mark::Points, points)
    }
    /// A dashed vertical line at `x`, with its name beside it; drawn where `x` is within the axis.
    #[must_use]
    pub fn mark(mut self, name: impl Into<String>, x: f64) -> Self {
        self.marks.push((name.into(), x));
        self
    }
    fn series(mut self, name: impl Into<String>, mark: Mark, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series.push(Series { name: name.into(), mark, points: points.into_iter().collect() });
        self
    }
    /// Returns the chart as a whole SVG file.
    pub fn svg(&self) -> String {
        side_by_side(std::slice::from_ref(self))
    }
    /// Writes the SVG, atomically.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::io::write_atomic(path, |to| to.write_all(self.svg().as_bytes()))
    }

    /// Draws the panel with its upper left corner at (0, 0).
    fn draw(&self, svg: &mut Svg) {
        let points = || self.series.iter().flat_map(|s| &s.points).filter(|(x, y)| shown(*x) && shown(*y));
        let (least, most) = points().fold((f64::INFINITY, 0f64), |(a, b), (_, y)| (a.min(*y), b.max(*y)));
        let logarithmic = self.logarithmic && least > SMALLEST && most > 10.0 * least;
        let x = Axis::new(points().map(|p| p.0), false, MARGINS.0, SIZE.0 - MARGINS.2);
        let y = Axis::new(points().map(|p| p.1), logarithmic, SIZE.1 - MARGINS.3, MARGINS.1);
        let (left, top, right, bottom) = (MARGINS.0, MARGINS.1, SIZE.0 - MARGINS.2, SIZE.1 - MARGINS.3);
        svg.text(&[("class", &"title"), ("x", &left), ("y", &24)], &self.title);
        for (at, text) in x.ticks() {
            let at = Number(at);
            svg.element("path", &[("class", &"grid"), ("d", &format!("M{at} {top}V{bottom}"))]);
            svg.text(&[("class", &"x"), ("x", &at), ("y", &(bottom + 18.0))], &text);
        }
        for (at, text) in y.ticks() {
            svg.element("path", &[("class", &"grid"), ("d", &format!("M{left} {0}H{right}", Number(at)))]);
            svg.text(&[("class", &"y"), ("x", &(left - 8.0)), ("y", &Number(at + 4.0))], &text);
        }
        svg.element("path", &[("class", &"axis"), ("d", &format!("M{left} {top}V{bottom}H{right}"))]);
        let (middle, low) = ((left + right) / 2.0, SIZE.1 - 12.0);
        svg.text(&[("class", &"x"), ("x", &middle), ("y", &low)], &self.labels.0);
        let place = format!("translate(16 {}) rotate(-90)", (top + bottom) / 2.0);
        let label = self.labels.1.clone() + if logarithmic { ", logarithmic" } else { "" };
        svg.text(&[("class", &"x"), ("transform", &place)], &label);
        for (name, at) in self.marks.iter().filter(|(_, at)| (x.low..=x.high).contains(at)) {
            let at = x.place(*at);
            svg.element("path", &[("class", &"mark"), ("d", &format!("M{} {top}V{bottom}", Number(at)))]);
            // On the side with more room.
            if at < (left + right) / 2.0 {
                svg.text(&[("x", &Number(at + 5.0)), ("y", &(top + 14.0))], name);
            } else {
                svg.text(&[("class", &"y"), ("x", &Number(at - 5.0)), ("y", &(top + 14.0))], name);
            }
        }
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            series.draw(&x, &y, colour, svg);
        }
        let mut at = left;
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            svg.element("circle", &[("cx", &Number(at + 5.0)), ("cy", &41), ("r", &4.5), ("fill", colour)]);
            svg.text(&[("x", &Number(at + 15.0)), ("y", &45)], &series.name);
            at += 30.0 + 6.5 * series.name.chars().count() as f64;
        }
    }
}

impl Series {
    fn draw(&self, x: &Axis, y: &Axis, colour: &str, svg: &mut Svg) {
        let place = |axis: &Axis, value| if shown(value) { axis.place(value) } else { f64::NAN };
        let positions = self.points.iter().map(|p| (place(x, p.0), place(y, p.1)));
        let dot = |svg: &mut Svg, (x, y): (f64, f64), radius: f64, opacity: f64| {
            let place: Attributes<'_> = &[("cx", &Number(x)), ("cy", &Number(y)), ("r", &radius)];
            svg.element("circle", &[place, &[("fill", &colour), ("fill-opacity", &opacity)]].concat());
        };
        if self.mark == Mark::Points {
            for place in positions.filter(|(x, y)| x.is_finite() && y.is_finite()) {
                dot(svg, place, 2.2, 0.5);
            }
            return;
        }
        let (mut path, mut down, mut last) = (String::new(), false, None);
        for (x, y) in positions {
            let drawn = x.is_finite() && y.is_finite();
            if drawn {
                _ = write!(path, "{}{} {}", if down { 'L' } else { 'M' }, Number(x), Number(y));
                last = Some((x, y));
            }
            down = drawn;
        }
        svg.element("path", &[("class", &"line"), ("stroke", &colour), ("d", &path)]);
        if let Some(place) = last {
            dot(svg, place, 3.0, 1.0);
        }
    }
}

/// Draws charts side by side in one SVG file.
pub fn side_by_side(charts: &[Chart]) -> String {
    let size = (SIZE.0 * charts.len() as f64, SIZE.1);
    let font: Attributes<'_> = &[("font-family", &"sans-serif"), ("font-size", &12), ("fill", &"#333")];
    Svg::file((0.0, 0.0), size, font, |svg| {
        svg.style(concat!(
            ".title{font-size:15px;font-weight:bold}.x{text-anchor:middle}.y{text-anchor:end}",
            ".mark{stroke:#888;stroke-dasharray:4 3}.grid{stroke:#e5e5e5}.axis{stroke:#888;fill:none}.line{fill:none;stroke-width:2;stroke-linejoin:round}",
        ));
        svg.element("rect", &[("width", &"100%"), ("height", &"100%"), ("fill", &"white")]);
        for (i, chart) in charts.iter().enumerate() {
            svg.group(&[("transform", &format!("translate({} 0)", SIZE.0 * i as f64))], |svg| chart.draw(svg));
        }
    })
}

/// Ranges below this, and numbers above its inverse, have no ticks that an `f64` can count.
const SMALLEST: f64 = 1e-300;

/// Returns whether a chart can show a number; otherwise there is a gap.
fn shown(value: f64) -> bool {
    value.is_finite() && value.abs() <= 1.0 / SMALLEST
}

/// Maps the numbers `low..=high` to the positions `from..=to`.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
    /// `true` if all values are whole numbers, such as epochs.
    whole: bool,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, logarithmic: bool, from: f64, to: f64) -> Self {
        let whole = values.clone().all(|v| v == v.round());
        let range = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (low, high) = match range {
            (a, b) if a > b => (0.0, 1.0),
            (a, b) if a == b && logarithmic => (a / 2.0, b * 2.0),
            (a, b) if b - a < SMALLEST => (a - a.abs().max(1.0) / 2.0, b + b.abs().max(1.0) / 2.0),
            (a, b) if logarithmic => (a / (b / a).powf(0.05), b * (b / a).powf(0.05)),
            (a, b) => (a - 0.04 * (b - a), b + 0.04 * (b - a)),
        };
        Axis { low, high, from, to, logarithmic, whole }
    }
    fn place(&self, value: f64) -> f64 {
        let part = if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + part * (self.to - self.from)
    }
    /// Returns the positions and texts of about four to ten round numbers.
    fn ticks(&self) -> Vec<(f64, String)> {
        let (mut values, mut digits) = (Vec::new(), 0);
        if self.logarithmic {
            let decades = (self.high / self.low).log10();
            let steps: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
            for power in self.low.log10().floor() as i32..=self.high.log10().ceil() as i32 {
                values.extend(steps.iter().map(|s| s * 10f64.powi(power)));
            }
            values.retain(|v| (self.low..=self.high).contains(v));
            return values.into_iter().map(|v| (self.place(v), format!("{v}"))).collect();
        }
        let rough = (self.high - self.low) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let step = if self.whole { step.max(1.0) } else { step };
        if step < 1.0 {
            digits = (-step.log10()).ceil() as usize;
        }
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        values.extend((first..=last).take(12).map(|i| i as f64 * step));
        values.into_iter().map(|v| (self.place(v), format!("{v:.digits$}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let texts = |low: f64, high: f64, logarithmic| {
            let axis = Axis { low, high, from: 0.0, to: 1.0, logarithmic, whole: false };
            axis.ticks().into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(texts(0.0, 1.0, false), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(-30.0, 70.0, false), ["-20", "0", "20", "40", "60"]);
        assert_eq!(texts(0.04, 3.0, true), ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(texts(1e-6, 10.0, true).len(), 8);
    }

    #[test]
    fn gaps_single_points_and_nothing_draw() {
        let line = Chart::new("a < b").line("x & y", [(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0), (3.0, 4.0)]).svg();
        assert!(line.contains("a &lt; b") && line.contains("x &amp; y"));
        // The line has two parts, since it does not cross the gap.
        let path = line.split('<').find(|element| element.contains("class=\"line\"")).unwrap();
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1));
        for chart in [
            Chart::new("one").line("one", [(1.0, 1.0)]),
            Chart::new("none"),
            Chart::new("large").line("large", [(1e300, 1e300)]),
            Chart::new("inf").points("inf", [(f64::INFINITY, 0.0)]),
        ] {
            let svg = chart.logarithmic().svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
        }
    }
}
