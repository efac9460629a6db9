//! Writes SVG for the graphs of this crate and the charts of the runtime: elements with attributes, texts, groups and whole files.

use std::fmt::{Display, Formatter, Result, Write};

/// Names and values of attributes. Values are not escaped, so texts of users belong in [`Svg::text`].
pub type Attributes<'a> = &'a [(&'a str, &'a dyn Display)];

/// The text written so far.
pub struct Svg(String);

impl Svg {
    /// Writes a whole file of this `size`, whose upper left corner has the coordinates `corner`; `inside` writes the elements.
    pub fn file(
        corner: (f64, f64),
        size: (f64, f64),
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Svg),
    ) -> String {
        let (x, y, width, height) = (Number(corner.0), Number(corner.1), Number(size.0), Number(size.1));
        let view = format!("{x} {y} {width} {height}");
        let own: Attributes<'_> =
            &[("xmlns", &"http://www.w3.org/2000/svg"), ("width", &width), ("height", &height), ("viewBox", &view)];
        let mut svg = Svg(String::new());
        svg.around("svg", &[own, attributes].concat(), inside);
        svg.0
    }

    /// Writes a group of elements that share attributes; `inside` writes the elements.
    pub fn group(&mut self, attributes: Attributes<'_>, inside: impl FnOnce(&mut Svg)) {
        self.around("g", attributes, inside);
    }

    /// Writes a text, which is escaped.
    pub fn text(&mut self, attributes: Attributes<'_>, words: &str) {
        self.around("text", attributes, |svg| {
            svg.0 += &words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        });
    }

    /// Writes CSS for the elements of the file.
    pub fn style(&mut self, css: &str) {
        self.around("style", &[], |svg| svg.0 += css);
    }

    /// Writes an element without content: `rect`, `circle`, `path`.
    pub fn element(&mut self, name: &str, attributes: Attributes<'_>) {
        self.tag(name, attributes, "/>");
    }

    fn around(&mut self, name: &str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Svg)) {
        self.tag(name, attributes, ">");
        inside(self);
        self.0.extend(["</", name, ">"]);
    }

    fn tag(&mut self, name: &str, attributes: Attributes<'_>, end: &str) {
        self.0.extend(["<", name]);
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"{value}\"");
        }
        self.0.push_str(end);
    }
}

/// A coordinate, which is written to a tenth of a unit in the shortest form.
pub struct Number(pub f64);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // Adding zero turns -0 into 0, which is shorter.
        write!(f, "{}", (self.0 * 10.0).round() / 10.0 + 0.0)
    }
}
