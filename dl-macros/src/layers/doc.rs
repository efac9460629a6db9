//! What the guide and the editor say about a layer.

/// One line about a layer, and where it stands in the guide.
#[allow(dead_code, reason = "for the tests that write the guide's tables and the editor's documentation")]
#[derive(Clone, Copy)]
pub struct Doc {
    pub chapter: Chapter,
    /// `` `[n]` → `[outputs]` ``, or for what any shape is good: `any, unchanged`.
    pub shapes: &'static str,
    /// What it does: a formula, or a part of a sentence.
    pub line: &'static str,
}

/// The tables of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the losses are on their way")]
pub enum Chapter {
    /// Layers with weights.
    Weights,
    /// Pooling, and all else that changes the shape and has no weights.
    Shape,
    /// A function of each number.
    Activation,
    /// What keeps a network from learning by heart.
    Regularisation,
    /// Of two values.
    Arithmetic,
    /// For `loss { … }`.
    Loss,
}

impl Doc {
    pub const fn new(chapter: Chapter, shapes: &'static str, line: &'static str) -> Self {
        Doc { chapter, shapes, line }
    }
}
