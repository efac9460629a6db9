//! Draws the graph of a network as SVG: layers from top to bottom, branches side by side, and models inside models in frames.
//!
//! It is a crate of its own because two others use it: the macro for the documentation of models, and the runtime for programs that
//! call `drawing()`. It depends on neither.

mod draw;
mod layout;
pub mod svg;
#[cfg(test)]
mod tests;

pub use draw::{document, inline};

/// A network: its inputs, and its layers in order of execution.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The names and shapes of the inputs; those of a model inside a model are not shown.
    pub inputs: Vec<String>,
    /// The layers; each comes after those that it reads.
    pub layers: Vec<Layer>,
}

/// One layer, or a model inside the model.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// The layer as declared: `conv2d(6, 5, padding: 2)`.
    pub title: String,
    /// The text below the title: name, shape and parameters.
    pub note: String,
    /// The values that it reads.
    pub reads: Vec<Source>,
    /// The layers of a model inside the model.
    pub inside: Option<Graph>,
    /// The number of copies that follow each other.
    pub copies: usize,
}

/// The source of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The input with this index.
    Input(usize),
    /// The output of the earlier layer with this index.
    Layer(usize),
}

/// Writes a number with its digits in groups of three: `1,234,567`.
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
    /// Returns a layer without a model inside. The note has the name and the number of parameters if there are any, and the output's
    /// `shape` if it differs from the input's shape `from`.
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
