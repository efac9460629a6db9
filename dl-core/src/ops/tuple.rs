//! Records: packs the inputs or outputs of a model inside another model into one value, and takes them apart again.

use crate::Pod;
use crate::pod::{as_f32, as_f32_mut, flat, flat_mut};
use core::ops::Range;
use core::slice;

/// Packs several values into one record; it is called once for each value.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// The number of elements of each part.
    pub lens: &'static [usize],
}

/// Takes one value out of a record.
#[derive(Clone, Copy, Debug)]
pub struct Unpack {
    /// The number of elements of each part.
    pub lens: &'static [usize],
    /// The index of the part.
    pub part: usize,
}

/// Returns the place of a part in a record.
fn range(lens: &[usize], part: usize) -> Range<usize> {
    let start = lens[..part].iter().sum();
    start..start + lens[part]
}

impl Pack {
    /// Copies `input` to part `part` of the record `output`.
    #[inline(always)]
    pub fn forward<T: Pod, R: Pod<Element = f32>>(self, part: usize, input: &T, output: &mut R) {
        let output = flat_mut(slice::from_mut(output));
        output[range(self.lens, part)].copy_from_slice(as_f32(flat(slice::from_ref(input))));
    }
}

impl Unpack {
    /// Copies the part of the record `input` to `output`.
    #[inline(always)]
    pub fn forward<T: Pod, R: Pod<Element = f32>>(self, input: &R, output: &mut T) {
        let input = flat(slice::from_ref(input));
        as_f32_mut(flat_mut(slice::from_mut(output))).copy_from_slice(&input[range(self.lens, self.part)]);
    }
}
