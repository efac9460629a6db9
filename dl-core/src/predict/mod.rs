//! Prediction without a heap, of one sample ([`Predict`]) or of a stream row by row ([`PredictSteps`]): the traits, which `model!`
//! implements, and the memory that they need.

mod declared;
mod memory;
mod stack;
mod steps;

pub use declared::Declared;
pub use memory::{Buffer, Larger, Zeroed};
pub use steps::{PredictSteps, Stream};

use crate::Pod;

/// A model whose sizes are all constant: it predicts one sample without a heap, by [`Declared::predict_into`].
///
/// ```ignore
/// static NET: &LeNet = dl::include_model!(LeNet, "lenet.safetensors");
///
/// let (mut scores, mut scratch) = ([0.0; 10], dl::Scratch::new());
/// NET.predict_into(&image, &mut scores, &mut scratch);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be predicted without a heap",
    label = "`predict_into` wants a model whose sizes are all constant",
    note = "a model of one sequence of run-time length, such as `[.., 8]`, is continued row by row, with `step_into`"
)]
pub trait Predict: Declared {
    /// [`Declared::predict_into`] with the memory inside of a [`Scratch`].
    #[doc(hidden)]
    fn predict_with(&self, input: &Self::Takes, output: &mut Self::Makes, memory: &mut Self::Memory);
}

/// The memory of a prediction, or of a step, by the model `M`: that of the values between its layers.
///
/// Its size is a constant, which a program can limit: `const _: () = assert!(size_of::<dl::Scratch<LeNet>>() < 4096);`. It lies where the
/// program puts it, on the stack or in a `static`.
#[repr(transparent)]
pub struct Scratch<M: Declared>(M::Memory);

impl<M: Declared> Scratch<M> {
    /// Returns memory of zeros.
    pub const fn new() -> Self {
        Scratch(<M::Memory as Zeroed>::ZERO)
    }
}

impl<M: Declared> Default for Scratch<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Prediction by a model inside another, of which only rustc knows whether it has one.
#[doc(hidden)]
pub trait PredictInside<Input, Output, Memory> {
    fn predict_inside(self, input: &Input, output: &mut Output, memory: &mut Memory);
}

impl<M: Predict> PredictInside<M::Takes, M::Makes, M::Memory> for &M {
    #[inline]
    fn predict_inside(self, input: &M::Takes, output: &mut M::Makes, memory: &mut M::Memory) {
        self.predict_with(input, output, memory);
    }
}

/// Returns the numbers of a value as those of another type of the same size.
#[doc(hidden)]
#[inline]
pub fn cast<A: Pod, B: Pod>(value: &A) -> &B {
    assert!(size_of::<A>() == size_of::<B>() && align_of::<A>() >= align_of::<B>());
    // SAFETY: both consist of as many numbers, of which all bits are values.
    unsafe { &*core::ptr::from_ref(value).cast() }
}

/// Returns the numbers of a value for writing, as [`cast`].
#[doc(hidden)]
#[inline]
pub fn cast_mut<A: Pod, B: Pod>(value: &mut A) -> &mut B {
    assert!(size_of::<A>() == size_of::<B>() && align_of::<A>() >= align_of::<B>());
    // SAFETY: as in `cast`, and the borrow is the only one.
    unsafe { &mut *core::ptr::from_mut(value).cast() }
}
