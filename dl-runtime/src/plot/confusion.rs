//! The picture of a confusion matrix: a row for each true class, a column for each answer, counts, and their shares of the row in colour.

use crate::Result;
use crate::io::write_atomic;
use crate::metrics::ConfusionMatrix;
use dl_drawing::svg::{Attributes, Number, Svg};
use std::path::Path;

/// The colour of a share of 0 and of a share of 1.
const COLOURS: [[f64; 3]; 2] = [[255.0, 255.0, 255.0], [8.0, 81.0, 156.0]];
/// The height of the title and of the label of the columns, and the margin around the picture.
const TITLE: f64 = 52.0;
const MARGIN: f64 = 14.0;

impl ConfusionMatrix {
    /// Draws the matrix as an SVG file with the names of the classes, and writes it, atomically. Without names, the classes have numbers.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # let path = std::env::temp_dir().join(format!("confusion{}.svg", std::process::id()));
    /// use dl::train::ConfusionMatrix;
    /// let matrix = ConfusionMatrix::of(&[[2.0, 1.0], [0.0, 1.0], [3.0, 5.0]], &[0, 1, 0])?;
    /// matrix.plot_svg(&path, &["cat", "dog"])?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Io`](crate::Error::Io), and [`Error::Setting`](crate::Error::Setting) for another number of names than classes.
    pub fn plot_svg(&self, path: impl AsRef<Path>, names: &[&str]) -> Result<()> {
        let svg = self.svg(names)?;
        write_atomic(path, |to| to.write_all(svg.as_bytes()))
    }
    /// Returns the text of [`ConfusionMatrix::plot_svg`].
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) for another number of names than classes.
    pub fn svg(&self, names: &[&str]) -> Result<String> {
        let names = self.names(names)?;
        let classes = names.len() as f64;
        let cell = (620.0 / classes.max(1.0)).clamp(9.0, 52.0);
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
        let size = cell.min(12.0);
        let labels = 0.62 * size * longest + 10.0;
        let (left, top) = (MARGIN + 18.0 + labels, TITLE + labels);
        let side = (cell * classes).max(120.0);
        let font: Attributes<'_> = &[("font-family", &"sans-serif"), ("font-size", &Number(size)), ("fill", &"#333")];
        Ok(Svg::file((0.0, 0.0), (left + side + MARGIN, top + side + MARGIN), font, |svg| {
            svg.style(".t{font-size:15px;font-weight:bold}.a{font-size:12px;text-anchor:middle}.m{text-anchor:middle}.e{text-anchor:end}.w{fill:white}");
            svg.element("rect", &[("width", &"100%"), ("height", &"100%"), ("fill", &"white")]);
            svg.text(&[("class", &"t"), ("x", &MARGIN), ("y", &22)], "confusion matrix");
            svg.text(&[("class", &"a"), ("x", &Number(left + side / 2.0)), ("y", &44)], "predicted class");
            let turned = format!("translate({} {}) rotate(-90)", MARGIN + 8.0, Number(top + side / 2.0));
            svg.text(&[("class", &"a"), ("transform", &turned)], "true class");
            for (class, name) in names.iter().enumerate() {
                let middle = (class as f64 + 0.5) * cell + 0.35 * size;
                svg.text(&[("class", &"e"), ("x", &Number(left - 6.0)), ("y", &Number(top + middle))], name);
                let place = format!("translate({} {}) rotate(-90)", Number(left + middle), Number(top - 6.0));
                svg.text(&[("transform", &place)], name);
            }
            for truth in 0..names.len() {
                for answer in 0..names.len() {
                    let corner = (left + answer as f64 * cell, top + truth as f64 * cell);
                    self.draw_cell(svg, truth, answer, corner, cell);
                }
            }
        }))
    }
    fn draw_cell(&self, svg: &mut Svg, truth: usize, answer: usize, (x, y): (f64, f64), cell: f64) {
        let count = self.count(truth, answer);
        let labels: u64 = (0..self.classes()).map(|answer| self.count(truth, answer)).sum();
        let share = if labels > 0 { count as f64 / labels as f64 } else { 0.0 };
        let [r, g, b] =
            std::array::from_fn(|i| (COLOURS[0][i] + share * (COLOURS[1][i] - COLOURS[0][i])).round() as u8);
        let fill = format!("#{r:02x}{g:02x}{b:02x}");
        let (at, side): (Attributes<'_>, _) = (&[("x", &Number(x)), ("y", &Number(y))], Number(cell));
        let own: Attributes<'_> = &[("width", &side), ("height", &side), ("fill", &fill), ("stroke", &"#ddd")];
        svg.element("rect", &[at, own].concat());
        let class = if share > 0.55 { "m w" } else { "m" };
        let mut line = |down: f64, text: &str| {
            let place: Attributes<'_> = &[("class", &class), ("x", &Number(x + cell / 2.0)), ("y", &Number(y + down))];
            svg.text(place, text);
        };
        // Empty cells stay quiet, so that mistakes stand out.
        if cell >= 36.0 && count > 0 {
            line(cell / 2.0 - 2.0, &count.to_string());
            line(cell / 2.0 + 13.0, &format!("{:.0}%", 100.0 * share));
        } else if cell >= 20.0 && count > 0 {
            line(cell / 2.0 + 4.0, &count.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_counts_and_shares() {
        let outputs = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
        let matrix = ConfusionMatrix::of(&outputs, &[0, 0, 0, 0, 1]).unwrap();
        let svg = matrix.svg(&["cats & dogs", "<none>"]).unwrap();
        // Each name stands beside a row and above a column.
        assert_eq!((svg.matches("cats &amp; dogs").count(), svg.matches("&lt;none&gt;").count()), (2, 2));
        let fills: Vec<_> = svg.split("fill=\"#").skip(2).map(|rest| &rest[..6]).collect();
        assert_eq!(fills, ["467db5", "c1d4e6", "ffffff", "08519c"]);
        for text in [">3<", ">75%<", ">25%<", ">100%<"] {
            assert!(svg.contains(text), "{text}");
        }
        let error = matrix.svg(&["one"]).unwrap_err().to_string();
        assert_eq!(error, "`names` of `ConfusionMatrix` is 1 names; it must be 2, one for each class");
        // Nothing counted, and many classes.
        for matrix in
            [ConfusionMatrix::default(), ConfusionMatrix::new(3), ConfusionMatrix::of(&[[0.0; 200]], &[7]).unwrap()]
        {
            let svg = matrix.svg(&[]).unwrap();
            assert!(svg.ends_with("</svg>") && !svg.contains("NaN"));
        }
    }
}
