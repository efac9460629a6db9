//! Arrays of int8 as plain numbers.

use core::slice;

/// A number `i8`, or an array of them: `[[[i8; 28]; 28]; 1]`.
///
/// # Safety
/// The type consists of `size_of::<Self>()` values of `i8` and nothing else.
pub unsafe trait Int8: Sized + Send + Sync + 'static {}
// SAFETY: a number is itself.
unsafe impl Int8 for i8 {}
// SAFETY: arrays have nothing between their items.
unsafe impl<T: Int8, const N: usize> Int8 for [T; N] {}

/// Returns the numbers of a value in memory order.
pub const fn flat<T: Int8>(value: &T) -> &[i8] {
    // SAFETY: by the contract of `Int8`.
    unsafe { slice::from_raw_parts((&raw const *value).cast(), size_of::<T>()) }
}

/// Returns the numbers of a value in memory order for writing.
pub const fn flat_mut<T: Int8>(value: &mut T) -> &mut [i8] {
    // SAFETY: by the contract of `Int8`, and every number is one.
    unsafe { slice::from_raw_parts_mut((&raw mut *value).cast(), size_of::<T>()) }
}
