//! The documentation of a layer in the guide and in editors.

/// One line about a layer, and the table of the guide that contains it.
#[allow(dead_code, reason = "for the tests that write the guide's tables and the editor's documentation")]
#[derive(Clone, Copy)]
pub struct Doc {
    pub chapter: Chapter,
    /// The input and output shapes: `` `[n]` → `[outputs]` ``, or `any, unchanged`.
    pub shapes: &'static str,
    /// A sentence about the layer from the verb on: `` computes `max(x, 0)` ``.
    pub line: &'static str,
}

/// The tables of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// Layers with weights.
    Weights,
    /// Pooling and other layers without weights that change the shape.
    Shape,
    /// Activations.
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
