//! Conversions between samples and arrays of the `ndarray` crate.

use super::Sample;
use crate::tensor::pod::{flat, flat_mut, grow, shaped};
use crate::{Error, Result};
use ndarray::{ArrayBase, ArrayViewD, Data, Dimension, IxDyn};
use std::borrow::Cow;

/// Returns the samples in an array whose first dimension counts them and whose other dimensions are those of `T`.
///
/// They are borrowed if the array has the standard layout, which is that of samples, and copied otherwise.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::{Dataset, samples};
/// let x = ndarray::array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]];
/// let inputs = samples::<[f32; 2], _, _>(&x)?;
/// let train = Dataset::new(inputs.into_owned(), vec![0, 1, 1])?;
/// assert_eq!(train.inputs[2], [4.0, 5.0]);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// Returns [`Error::Shape`] with the expected and the found shape.
pub fn samples<'a, T, S, D>(array: &'a ArrayBase<S, D>) -> Result<Cow<'a, [T]>>
where
    T: Sample,
    S: Data<Elem = T::Element>,
    D: Dimension,
{
    let wrong = || {
        let expected = std::iter::once(None).chain(T::shape().into_iter().map(Some)).collect();
        Error::Shape { what: "array of samples", expected, found: array.shape().to_vec() }
    };
    match array.shape() {
        [_, of_sample @ ..] if of_sample == T::shape() => {}
        _ => return Err(wrong()),
    }
    if let Some(samples) = array.as_slice().and_then(shaped) {
        return Ok(Cow::Borrowed(samples));
    }
    let mut samples = Vec::new();
    grow(&mut samples, array.shape()[0]).map_err(|_| wrong())?;
    flat_mut(&mut samples).iter_mut().zip(array).for_each(|(to, from)| *to = *from);
    Ok(Cow::Owned(samples))
}

/// Views samples, outputs or other plain values as an array, without a copy; the first dimension counts them.
///
/// ```
/// # use dl_runtime as dl;
/// let x = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// assert_eq!(dl::data::array(&x).sum_axis(ndarray::Axis(0)).as_slice(), Some(&[5.0, 7.0, 9.0][..]));
/// ```
pub fn array<T: Sample>(samples: &[T]) -> ArrayViewD<'_, T::Element> {
    let mut shape = T::shape();
    shape.insert(0, samples.len());
    // These are the sizes of a slice of an existing type, so their product is the length.
    ArrayViewD::from_shape(IxDyn(&shape), flat(samples)).expect("a slice of samples has the shape of its type")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, Array3, array as literal};

    #[test]
    fn the_standard_layout_is_borrowed_and_others_are_copied() {
        let x: Array3<f32> = Array1::from_iter((0..12).map(|i| i as f32)).into_shape_with_order((2, 3, 2)).unwrap();
        let borrowed = samples::<[[f32; 2]; 3], _, _>(&x).unwrap();
        assert!(matches!(borrowed, Cow::Borrowed(_)));
        assert_eq!(borrowed[1], [[6.0, 7.0], [8.0, 9.0], [10.0, 11.0]]);
        let transposed = x.view().permuted_axes([2, 1, 0]);
        let copied = samples::<[[f32; 2]; 3], _, _>(&transposed).unwrap();
        assert!(matches!(copied, Cow::Owned(_)));
        assert_eq!(copied[1], [[1.0, 7.0], [3.0, 9.0], [5.0, 11.0]]);
        assert_eq!(array(&borrowed), x.view().into_dyn());
    }

    #[test]
    fn labels_are_samples_too() {
        assert_eq!(*samples::<u32, _, _>(&literal![3, 1]).unwrap(), [3, 1]);
        assert_eq!(array(&[3, 1]).shape(), [2]);
        assert!(samples::<[f32; 2], _, _>(&Array2::zeros((0, 2))).unwrap().is_empty());
    }

    #[test]
    fn other_shapes_are_refused() {
        let message = |error: Result<Cow<'_, [[[f32; 2]; 3]]>>| error.unwrap_err().to_string();
        let expected = "array of samples: expected shape [any, 3, 2], found ";
        assert_eq!(message(samples(&Array3::zeros((5, 2, 3)))), format!("{expected}[5, 2, 3]"));
        assert_eq!(message(samples(&Array2::zeros((5, 6)))), format!("{expected}[5, 6]"));
        assert_eq!(message(samples(&ndarray::arr0(0.0))), format!("{expected}[]"));
    }
}
