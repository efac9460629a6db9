//! Records: the several inputs or outputs of a model inside a model, put side by side and taken apart again.
//!
//! A batch of records lies as all first parts, then all second parts, and so on; so both are copies of whole ranges.

#[cfg(test)]
mod tests;

use crate::ops::Activation;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// Several values become one record; called once for each.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// Numbers of elements of the parts.
    pub lens: &'static [usize],
}

/// One value of a record.
#[derive(Clone, Copy, Debug)]
pub struct Unpack {
    /// Numbers of elements of the parts.
    pub lens: &'static [usize],
    /// Which part.
    pub part: usize,
}

/// Where part `part` of `n` records lies.
fn range(lens: &[usize], part: usize, n: usize) -> std::ops::Range<usize> {
    let start = n * lens[..part].iter().sum::<usize>();
    start..start + n * lens[part]
}

/// The part of a writable range.
fn part_mut<D: Storage>(data: D::Mut<'_, f32>, range: std::ops::Range<usize>) -> D::Mut<'_, f32> {
    let tail = D::split_mut(data, range.start).1;
    D::split_mut(tail, range.len()).0
}

impl Pack {
    /// Writes part `part`.
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
    /// The gradient to part `part`.
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
    /// Reads the part.
    pub fn forward<D: Device, T: Pod<Element = f32>, R: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, R>,
        output: ViewMut<D, T>,
    ) {
        let range = range(self.lens, self.part, input.len());
        context.device.copy(D::slice(input.data(), range), output.into_data());
    }
    /// The gradient to the record: zero for the other parts.
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
