//! Slots: buffers that the memory plan of a model shares among values whose lifetimes do not meet.

use crate::device::Device;
use crate::{Plain, Result, View, ViewMut};

/// Memory for one value of a model at a time, for batches up to a fixed size.
pub struct Slot<D: Device> {
    buffer: D::Buffer<f32>,
}

impl<D: Device> Slot<D> {
    /// Room for `samples` values of `floats` elements each.
    pub fn new(device: &D, samples: usize, floats: usize) -> Result<Self> {
        Ok(Slot { buffer: device.zeros(samples * floats)? })
    }
    /// The first `samples` values, as the type that was written there.
    pub fn read<T: Plain<Element = f32>>(&self, samples: usize) -> View<'_, D, T> {
        View::new(D::whole(&self.buffer), samples)
    }
    /// Room for `samples` values of any type that fits.
    pub fn write<T: Plain<Element = f32>>(&mut self, samples: usize) -> ViewMut<'_, D, T> {
        ViewMut::new(D::whole_mut(&mut self.buffer), samples)
    }
}
