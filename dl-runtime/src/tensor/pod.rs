//! Plain old data, which `dl-core` defines, with allocation that may fail.

use super::Element;
use crate::{Error, Result};
pub(crate) use dl_core::heap::grow;
pub use dl_core::heap::{zeroed_box, zeroed_vec};
pub use dl_core::pod::{Pod, flat, flat_mut, shaped, shaped_mut};

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
