//! Zeros on the heap, for models and samples of any size.

use crate::Pod;
use alloc::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use alloc::boxed::Box;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::ptr::NonNull;

/// Appends `n` values of zeros, or returns an error if there is no memory for them. No value passes over the stack.
pub fn grow<T: Pod>(values: &mut Vec<T>, n: usize) -> Result<(), TryReserveError> {
    values.try_reserve(n)?;
    // SAFETY: there is room for `n` values more, and zeroed memory is a value of a `Pod` type.
    unsafe {
        values.as_mut_ptr().add(values.len()).write_bytes(0, n);
        values.set_len(values.len() + n);
    }
    Ok(())
}

/// Allocates a value of zeros directly on the heap, so that a large model never passes over the stack.
pub fn zeroed_box<T: Pod>() -> Box<T> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        // SAFETY: a type without bytes needs no memory; any aligned pointer serves.
        return unsafe { Box::from_raw(NonNull::<T>::dangling().as_ptr()) };
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
    use alloc::vec;

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
