//! Records: packs the inputs or outputs of a model inside another model into one value, and takes them apart again.
//!
//! A batch of records has all first parts, then all second parts, and so on. So packing and unpacking copy whole
//! ranges.

#[cfg(test)]
mod tests;

use crate::ops::Activation;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

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

/// Returns the range of part `part` in a batch of `n` records.
fn range(lens: &[usize], part: usize, n: usize) -> std::ops::Range<usize> {
    let start = n * lens[..part].iter().sum::<usize>();
    start..start + n * lens[part]
}

/// Returns a range of writable data.
fn part_mut<D: Storage>(data: D::Mut<'_, f32>, range: std::ops::Range<usize>) -> D::Mut<'_, f32> {
    let tail = D::split_mut(data, range.start).1;
    D::split_mut(tail, range.len()).0
}

impl Pack {
    /// Copies `input` to part `part` of the record `output`.
    pub fn forward<D: Device, T: Pod, R: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        part: usize,
        input: View<D, T>,
        output: ViewMut<D, R>,
    ) {
        let range = range(self.lens, part, input.len());
        context.device.copy(D::reinterpret::<T::Element, f32>(input.data()), part_mut::<D>(output.into_data(), range));
    }
    /// Computes the gradient to part `part`.
    pub fn backward<D: Device, T: Pod<Element = f32>, R: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        part: usize,
        d_output: View<D, R>,
        d_input: Grad<D, T>,
    ) {
        let n = d_output.len();
        let d = View::<D, T>::new(D::slice(d_output.data(), range(self.lens, part, n)), n);
        Activation::Identity.backward(context, d, d, d_input);
    }
}

impl Unpack {
    /// Copies the part of the record `input` to `output`.
    pub fn forward<D: Device, T: Pod<Element = f32>, R: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, R>,
        output: ViewMut<D, T>,
    ) {
        let range = range(self.lens, self.part, input.len());
        context.device.copy(D::slice(input.data(), range), output.into_data());
    }
    /// Computes the gradient to the record, which is zero for the other parts.
    pub fn backward<D: Device, T: Pod<Element = f32>, R: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, T>,
        d_input: Grad<D, R>,
    ) {
        let (n, Grad { mut to, write }) = (d_output.len(), d_input);
        if write == Write::Set {
            to.reborrow().clear(context);
        }
        let d = ViewMut::<D, T>::new(part_mut::<D>(to.into_data(), range(self.lens, self.part, n)), n);
        Activation::Identity.backward(context, d_output, d_output, Grad { to: d, write });
    }
}
