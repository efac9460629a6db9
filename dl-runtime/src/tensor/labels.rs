//! The types of class labels: a loss compares an output of `f32` with labels of `u32` in the same shape.

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
