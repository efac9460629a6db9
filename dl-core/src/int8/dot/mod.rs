//! Sums of products of int8 numbers: the inner loops of dense layers and convolutions, for the processor that the crate is built for.

#[cfg(dl_dsp)]
mod arm;
#[cfg(not(dl_dsp))]
mod portable;

#[cfg(dl_dsp)]
pub use arm::{pack, packed_products, products};
#[cfg(not(dl_dsp))]
pub use portable::{pack, packed_products, products};

use core::slice;

/// Returns words as bytes.
#[inline]
pub fn bytes(words: &[u32]) -> &[i8] {
    // SAFETY: a word is four bytes, and any byte is an `i8`.
    unsafe { slice::from_raw_parts(words.as_ptr().cast(), 4 * words.len()) }
}

/// Returns words as bytes for writing.
#[inline]
pub fn bytes_mut(words: &mut [u32]) -> &mut [i8] {
    // SAFETY: as in `bytes`, and any bytes are words; the borrow is the only one.
    unsafe { slice::from_raw_parts_mut(words.as_mut_ptr().cast(), 4 * words.len()) }
}
