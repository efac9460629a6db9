//! Draws the graph of a network as SVG: layers from top to bottom, branches side by side, models inside models in frames.
//!
//! A crate of its own because two need it: the macro, whose drawings are laid out when rustdoc asks for them, and the
//! runtime, which draws when a program asks. It knows nothing of either.

mod draw;
mod layout;
pub mod svg;
#[cfg(test)]
mod tests;

pub use draw::{document, inline};

/// A network: what flows in, and its layers in order of execution.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// What the inputs are called, with their shapes; nothing is shown of those of a model inside a model.
    pub inputs: Vec<String>,
    /// Every layer after those that it reads from.
    pub layers: Vec<Layer>,
}

/// One layer, or a model inside the model.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// As declared: `conv2d(6, 5, padding: 2)`.
    pub title: String,
    /// What is said below it: name, shape, parameters.
    pub note: String,
    /// What it reads.
    pub reads: Vec<Source>,
    /// The layers of a model inside the model.
    pub inside: Option<Graph>,
    /// How many of it come one after another.
    pub copies: usize,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An input, by number.
    Input(usize),
    /// An earlier layer, by number.
    Layer(usize),
}

/// A number as people read it: `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl Layer {
    /// A layer without anything inside. Its name and parameters are shown where it has any, and the `shape` of what it makes
    /// where that is not `from`, the shape of what it reads.
    pub fn new(title: &str, name: &str, shape: &str, from: &str, parameters: u64) -> Self {
        let mut note: Vec<String> = Vec::new();
        note.extend((parameters > 0).then(|| name.to_owned()));
        note.extend((parameters > 0 || shape != from).then(|| shape.to_owned()));
        note.extend(
            (parameters > 0)
                .then(|| format!("{} parameter{}", grouped(parameters), if parameters > 1 { "s" } else { "" })),
        );
        Layer { title: title.to_owned(), note: note.join(" · "), reads: Vec::new(), inside: None, copies: 1 }
    }
}
