//! The documentation of a layer in the guide and in editors.

/// One line about a layer, and where it stands in the guide.
#[allow(dead_code, reason = "for the tests that write the guide's tables and the editor's documentation")]
#[derive(Clone, Copy)]
pub struct Doc {
    pub chapter: Chapter,
    /// `` `[n]` → `[outputs]` ``, or for what any shape is good: `any, unchanged`.
    pub shapes: &'static str,
    /// The rest of a sentence about the layer, from the verb on: `` computes `max(x, 0)` ``.
    pub line: &'static str,
}

/// The tables of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// Layers with weights.
    Weights,
    /// Pooling, and all else that changes the shape and has no weights.
    Shape,
    /// A function of each number.
    Activation,
    /// Regularisation: noise and dropout.
    Regularisation,
    /// Operations on two values.
    Arithmetic,
    /// Losses, for `loss { … }`.
    Loss,
}

impl Doc {
    pub const fn new(chapter: Chapter, shapes: &'static str, line: &'static str) -> Self {
        Doc { chapter, shapes, line }
    }
}
