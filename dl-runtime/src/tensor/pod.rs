//! Plain old data: types that are one block of `f32` or `u32` and nothing else, and their conversion to flat slices and back.

use super::Element;
use super::check::Form;
use crate::{Error, Result};
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};

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
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len() * T::LEN) }
}

/// Returns the elements of `values` in memory order for writing.
pub fn flat_mut<T: Pod>(values: &mut [T]) -> &mut [T::Element] {
    // SAFETY: by the contract of `Pod`, `T` is `T::LEN` elements without padding, each of any value.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), values.len() * T::LEN) }
}

/// Returns `elements` as values of `T`; `None` if their number is not a multiple of `T::LEN`.
pub fn shaped<T: Pod>(elements: &[T::Element]) -> Option<&[T]> {
    if T::LEN == 0 || !elements.len().is_multiple_of(T::LEN) {
        return None;
    }
    // SAFETY: by the contract of `Pod`, `T::LEN` elements side by side are a `T`.
    Some(unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), elements.len() / T::LEN) })
}

/// Returns `elements` as values of `T` for writing, like [`shaped`].
pub fn shaped_mut<T: Pod>(elements: &mut [T::Element]) -> Option<&mut [T]> {
    if T::LEN == 0 || !elements.len().is_multiple_of(T::LEN) {
        return None;
    }
    // SAFETY: as in `shaped`, and the borrow is the only one.
    Some(unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), elements.len() / T::LEN) })
}

/// Appends `n` values of zeros, or returns an error if there is no memory for them. No value passes over the stack.
pub(crate) fn grow<T: Pod>(values: &mut Vec<T>, n: usize) -> Result<(), std::collections::TryReserveError> {
    values.try_reserve(n)?;
    // SAFETY: there is room for `n` values more, and zeroed memory is a value of a `Pod` type.
    unsafe {
        values.as_mut_ptr().add(values.len()).write_bytes(0, n);
        values.set_len(values.len() + n);
    }
    Ok(())
}

/// A list with room for `len` values, or [`Error::Memory`], where `Vec::with_capacity` ends the program.
pub(crate) fn reserved<T>(len: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let wanted = len.saturating_mul(size_of::<T>());
    values.try_reserve_exact(len).map_err(|_| Error::Memory { wanted })?;
    Ok(values)
}

/// Zeros, or [`Error::Memory`], where `vec!` ends the program.
pub(crate) fn zeros<E: Element>(len: usize) -> Result<Vec<E>> {
    // The compiler may leave out an allocation that nobody looks at. The memory goes back at once: only `vec!` gets zeros
    // from the operating system without writing them.
    drop(std::hint::black_box(reserved::<E>(len)?));
    Ok(vec![E::default(); len])
}

/// Allocates a value of zeros directly on the heap, so that a large model never passes over the stack.
pub fn zeroed_box<T: Pod>() -> Box<T> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        // SAFETY: a type without bytes needs no memory; any aligned pointer serves.
        return unsafe { Box::from_raw(std::ptr::NonNull::<T>::dangling().as_ptr()) };
    }
    // SAFETY: the size is not zero, and zeroed memory is a value of a `Pod` type.
    unsafe {
        let memory = alloc_zeroed(layout).cast::<T>();
        if memory.is_null() {
            handle_alloc_error(layout);
        }
        Box::from_raw(memory)
    }
}

/// Allocates `len` values of zeros directly on the heap.
pub fn zeroed_vec<T: Pod>(len: usize) -> Vec<T> {
    let mut values = Vec::new();
    if grow(&mut values, len).is_err() {
        handle_alloc_error(Layout::array::<T>(len).unwrap_or(Layout::new::<T>()));
    }
    values
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

    #[test]
    fn memory_begins_with_zeros() {
        assert_eq!(*zeroed_box::<[[f32; 3]; 2]>(), [[0.0; 3]; 2]);
        assert!(zeroed_box::<[f32; 0]>().is_empty());
        assert_eq!(zeroed_vec::<[u32; 2]>(3), [[0; 2]; 3]);
        let mut values = vec![[1.0]];
        grow(&mut values, 2).unwrap();
        assert_eq!(values, [[1.0], [0.0], [0.0]]);
        assert!(grow(&mut values, usize::MAX / 2).is_err());
        assert_eq!(values.len(), 3);
    }
}
