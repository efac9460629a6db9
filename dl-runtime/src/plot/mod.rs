//! Charts as SVG files: lines and points over two axes, in panels side by side; and pictures of networks: histograms of their tensors,
//! filters, and inputs that excite them. The files contain no fonts or scripts.
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::plot::Chart;
//! let chart = Chart::new("falling").axes("time (s)", "height (m)").line("ball", [(0.0, 5.0), (0.5, 3.8), (1.0, 0.1)]);
//! assert!(chart.svg().starts_with("<svg"));
//! ```

mod axis;
mod confusion;
mod exciting;
mod histogram;
mod image;
mod weights;

pub use exciting::exciting_input;
pub use histogram::Histogram;
pub use image::Image;
pub use weights::{Histograms, filters};

use crate::Result;
use axis::{Axis, SMALLEST, shown};
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
    /// A dashed line in the colour of the series before it.
    Dashes,
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
    /// Adds a dashed line in the colour of the last series, without an entry in the legend: the training beside the validation.
    #[must_use]
    pub fn dashed(self, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series("", Mark::Dashes, points)
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

    /// Returns the series with their colours.
    fn coloured(&self) -> impl Iterator<Item = (&Series, &'static str)> {
        let mut next = 0;
        self.series.iter().map(move |series| {
            next += usize::from(series.mark != Mark::Dashes);
            (series, COLOURS[next.saturating_sub(1) % COLOURS.len()])
        })
    }
    /// Returns the colours and names of the legend with their places, from left to right and line by line.
    fn legend(&self) -> Vec<(f64, f64, &'static str, &str)> {
        let (mut x, mut y, mut entries) = (MARGINS.0, 45.0, Vec::new());
        for (series, colour) in self.coloured().filter(|(series, _)| series.mark != Mark::Dashes) {
            let width = 30.0 + 6.5 * series.name.chars().count() as f64;
            if x + width > SIZE.0 && x > MARGINS.0 {
                (x, y) = (MARGINS.0, y + 15.0);
            }
            entries.push((x, y, colour, &*series.name));
            x += width;
        }
        entries
    }
    /// Draws the panel with its upper left corner at (0, 0).
    fn draw(&self, svg: &mut Svg) {
        let legend = self.legend();
        let (left, right, bottom) = (MARGINS.0, SIZE.0 - MARGINS.2, SIZE.1 - MARGINS.3);
        let top = legend.last().map_or(MARGINS.1, |(_, y, ..)| y + 13.0);
        let points = || self.series.iter().flat_map(|s| &s.points).filter(|(x, y)| shown(*x) && shown(*y));
        let (least, most) = points().fold((f64::INFINITY, 0f64), |(a, b), (_, y)| (a.min(*y), b.max(*y)));
        let logarithmic = self.logarithmic && least > SMALLEST && most > 10.0 * least;
        let x = Axis::new(points().map(|p| p.0), false, left, right);
        let y = Axis::new(points().map(|p| p.1), logarithmic, bottom, top);
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
        for (series, colour) in self.coloured() {
            series.draw(&x, &y, colour, svg);
        }
        for (x, y, colour, name) in legend {
            svg.element("circle", &[("cx", &Number(x + 5.0)), ("cy", &(y - 4.0)), ("r", &4.5), ("fill", &colour)]);
            svg.text(&[("x", &Number(x + 15.0)), ("y", &y)], name);
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
        let class = if self.mark == Mark::Dashes { "line dashed" } else { "line" };
        svg.element("path", &[("class", &class), ("stroke", &colour), ("d", &path)]);
        if let Some(place) = last.filter(|_| self.mark == Mark::Line) {
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
            ".dashed{stroke-width:1.3;stroke-dasharray:5 3}",
        ));
        svg.element("rect", &[("width", &"100%"), ("height", &"100%"), ("fill", &"white")]);
        for (i, chart) in charts.iter().enumerate() {
            svg.group(&[("transform", &format!("translate({} 0)", SIZE.0 * i as f64))], |svg| chart.draw(svg));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
