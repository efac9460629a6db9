//! The types of class labels and of yes-or-no answers: a loss compares an output of `f32` with labels of `u32` in the same shape, or with
//! answers of the same type.

use super::Pod;

/// Numbers in a shape, and class labels in the same shape: `f32` and `u32`, `[f32; N]` and `[u32; N]`, and so on.
pub trait Labels: Pod<Element = f32> {
    /// The labels: `u32` in the same shape.
    type Of: Pod<Element = u32>;
}
impl Labels for f32 {
    type Of = u32;
}
impl<T: Labels, const N: usize> Labels for [T; N] {
    type Of = [T::Of; N];
}

/// Rows of a number for each class, `[f32; CLASSES]`, and arrays of such rows, whose labels are one `u32` for each row.
#[diagnostic::on_unimplemented(message = "`{Self}` does not consist of rows with a number for each class")]
pub trait ClassRows: Pod<Element = f32> {
    /// The labels: `u32` for one row, `[u32; T]` for `[[f32; CLASSES]; T]`.
    type Of: Pod<Element = u32>;
    /// The number of classes.
    const CLASSES: usize;
}
impl<const C: usize> ClassRows for [f32; C] {
    type Of = u32;
    const CLASSES: usize = C;
}
impl<R: ClassRows, const N: usize> ClassRows for [R; N] {
    type Of = [R::Of; N];
    const CLASSES: usize = R::CLASSES;
}

/// Independent yes-or-no answers: a number for each output, `[f32; N]` and rows of them, or maps of channels, `[[[f32; W]; H]; C]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not consist of yes-or-no answers",
    note = "the shapes are `[f32; N]`, rows `[[f32; N]; T]`, and maps of channels `[[[f32; W]; H]; C]`"
)]
pub trait Answers: Pod<Element = f32> {
    /// The number of outputs, each of which answers a question of its own: the last dimension of vectors and rows, the channels of maps.
    const OUTPUTS: usize;
    /// The distance from an answer to the next output's.
    const POSITIONS: usize = 1;
    /// The number of masks: the channels of maps. A vector or a matrix is one mask.
    const MASKS: usize = 1;
}
impl Answers for f32 {
    const OUTPUTS: usize = 1;
}
impl<const N: usize> Answers for [f32; N] {
    const OUTPUTS: usize = N;
}
impl<const N: usize, const T: usize> Answers for [[f32; N]; T] {
    const OUTPUTS: usize = N;
}
impl<const W: usize, const H: usize, const C: usize> Answers for [[[f32; W]; H]; C] {
    const OUTPUTS: usize = C;
    const POSITIONS: usize = H * W;
    const MASKS: usize = C;
}
