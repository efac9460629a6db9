//! Plain old data: types that are one block of `f32` or `u32` and nothing else, and their conversion to flat slices and back.

use super::Element;
use super::check::Form;
use core::slice;

/// Plain old data: a type that consists of contiguous elements. These are `f32`, `u32`, arrays of them, layers and models.
///
/// # Safety
/// The type consists of `size_of::<Self>() / 4` values of [`Pod::Element`] without padding, has the
/// alignment of the element, and owns nothing (so zeroed memory is a value).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not plain numbers",
    note = "samples are `f32` or `u32`, or arrays of them such as `[[f32; 28]; 28]`"
)]
pub unsafe trait Pod: Sized + Send + Sync + 'static {
    /// The type of the elements, `f32` or `u32`.
    type Element: Element;
    /// The number of elements of one value.
    const LEN: usize = size_of::<Self>() / size_of::<Self::Element>();
    /// The number of elements of each part that a batch stores separately: the fields of a struct of several inputs or outputs. On a
    /// device, a batch of such structs is stored as all first parts, then all second parts, and so on.
    const PARTS: &'static [usize] = &[Self::LEN];
    /// The shape as compiler messages write it.
    #[doc(hidden)]
    const FORM: Form = Form::OTHER;
}

// SAFETY: a number is itself.
unsafe impl Pod for f32 {
    type Element = f32;
    const FORM: Form = Form::number("");
}
// SAFETY: a number is itself.
unsafe impl Pod for u32 {
    type Element = u32;
    const FORM: Form = Form::number("u32");
}
// SAFETY: arrays have no padding between their items.
unsafe impl<T: Pod, const N: usize> Pod for [T; N] {
    type Element = T::Element;
    const FORM: Form = T::FORM.times(N);
}

/// Returns the elements of `values` in memory order.
pub fn flat<T: Pod>(values: &[T]) -> &[T::Element] {
    // SAFETY: by the contract of `Pod`, `T` is `T::LEN` elements without padding.
    unsafe { slice::from_raw_parts(values.as_ptr().cast(), values.len() * T::LEN) }
}

/// Returns the elements of `values` in memory order for writing.
pub fn flat_mut<T: Pod>(values: &mut [T]) -> &mut [T::Element] {
    // SAFETY: by the contract of `Pod`, `T` is `T::LEN` elements without padding, each of any value.
    unsafe { slice::from_raw_parts_mut(values.as_mut_ptr().cast(), values.len() * T::LEN) }
}

/// Returns `elements` as values of `T`; `None` if their number is not a multiple of `T::LEN`.
pub fn shaped<T: Pod>(elements: &[T::Element]) -> Option<&[T]> {
    if T::LEN == 0 || !elements.len().is_multiple_of(T::LEN) {
        return None;
    }
    // SAFETY: by the contract of `Pod`, `T::LEN` elements side by side are a `T`.
    Some(unsafe { slice::from_raw_parts(elements.as_ptr().cast(), elements.len() / T::LEN) })
}

/// Returns `elements` as values of `T` for writing, like [`shaped`].
pub fn shaped_mut<T: Pod>(elements: &mut [T::Element]) -> Option<&mut [T]> {
    if T::LEN == 0 || !elements.len().is_multiple_of(T::LEN) {
        return None;
    }
    // SAFETY: as in `shaped`, and the borrow is the only one.
    Some(unsafe { slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), elements.len() / T::LEN) })
}

/// Returns the bits of numbers as `f32`: a struct of several inputs may hold both types.
pub fn as_f32<E: Element>(numbers: &[E]) -> &[f32] {
    // SAFETY: `f32` and `u32`, the only elements, have the same size and alignment, and all bits are values of both.
    unsafe { slice::from_raw_parts(numbers.as_ptr().cast(), numbers.len()) }
}

/// Returns the bits of numbers as `f32` for writing, as [`as_f32`].
pub fn as_f32_mut<E: Element>(numbers: &mut [E]) -> &mut [f32] {
    // SAFETY: as in `as_f32`, and the borrow is the only one.
    unsafe { slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), numbers.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_flat_and_back() {
        let mut pairs = [[[1, 2], [3, 4]], [[5, 6], [7, 8_u32]]];
        assert_eq!(flat(&pairs), [1, 2, 3, 4, 5, 6, 7, 8]);
        flat_mut(&mut pairs)[5] = 60;
        assert_eq!(pairs[1][0], [5, 60]);
        assert_eq!(shaped::<[u32; 4]>(flat(&pairs)), Some(&[[1, 2, 3, 4], [5, 60, 7, 8]][..]));
        assert_eq!(shaped::<[u32; 3]>(flat(&pairs)), None);
        assert_eq!(shaped::<[u32; 3]>(&[]), Some(&[][..]));
        assert_eq!(shaped::<[u32; 0]>(&[1]), None);
        assert!(flat::<[[f32; 3]; 0]>(&[[], []]).is_empty());
    }
}
