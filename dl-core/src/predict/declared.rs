//! The trait [`Declared`] of everything that `model!` and `layer!` declare.

use super::{Predict, PredictSteps, Scratch, Stream, Zeroed};
use crate::{Pod, Tensors};

/// A model or a layer with the table of its tensors: what a file of weights must have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    note = "`model!` declares models, and `layer!` layers that stand among them"
)]
pub trait Declared: Pod<Element = f32> {
    /// The name of the struct.
    const NAME: &'static str;
    /// All tensors, in memory order.
    const TENSORS: Tensors;
    /// The shape checks of a generic model. rustc evaluates them where its parameters are known and this constant is used.
    #[doc(hidden)]
    const CHECKED: () = ();
    /// One sample, or one row of a sequence.
    #[doc(hidden)]
    type Takes;
    /// The output for one sample, or for one row.
    #[doc(hidden)]
    type Makes;
    /// The memory of a prediction or of a step; `()` for a model that has neither.
    #[doc(hidden)]
    type Memory: Zeroed;

    /// Computes the output for one input, without a heap. What was in `output` and `scratch` before has no meaning.
    // It stands here, since rustc then names the layer for which a model does not predict; a method of `Predict` it would not find.
    #[inline]
    fn predict_into(&self, input: &Self::Takes, output: &mut Self::Makes, scratch: &mut Scratch<Self>)
    where
        Self: Predict,
    {
        self.predict_with(input, output, &mut scratch.0);
    }

    /// Shows a stream its next row, and computes the output for it, without a heap: that which the whole sequence would have for this row,
    /// up to rounding. What was in `output` and `scratch` before has no meaning.
    ///
    /// A row for which a layer has no place, beyond the largest length that the model declares, gives NaN.
    #[inline]
    fn step_into(
        &self,
        input: &Self::Takes,
        output: &mut Self::Makes,
        stream: &mut Stream<Self>,
        scratch: &mut Scratch<Self>,
    ) where
        Self: PredictSteps,
    {
        self.step_with(input, output, &mut stream.state, &mut scratch.0, stream.rows);
        stream.rows += 1;
    }
}
