//! Draws the graph of a network as SVG: layers from top to bottom, branches side by side, models inside models in frames.
//!
//! A crate of its own because two need it: the macro, which draws into the documentation of a model when it expands, and the
//! runtime, which draws when a program asks. It knows nothing of either.

mod layout;
mod svg;
#[cfg(test)]
mod tests;

pub use svg::{document, inline};

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

/// What a drawing says below a layer: name, shape of the output and parameters, as far as there is something to say.
pub fn note(name: &str, shape: &str, parameters: u64) -> String {
    let parameters = match parameters {
        0 => String::new(),
        1 => "1 parameter".to_owned(),
        n => format!("{} parameters", grouped(n)),
    };
    let parts = [name, shape, &parameters];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
