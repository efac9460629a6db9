//! Slots: buffers that the memory plan of a model shares among values whose lifetimes do not meet.

use super::{Pod, Storage, View, ViewMut};
use crate::{Error, Result};

/// Memory for one value of a model at a time, for batches up to a fixed size.
pub struct Workspace<D: Storage> {
    buffer: D::Buffer<f32>,
}

impl<D: Storage> Workspace<D> {
    /// The first `samples` values, as the type that was written there.
    pub fn read<T: Pod<Element = f32>>(&self, samples: usize) -> View<'_, D, T> {
        View::new(D::whole(&self.buffer), samples)
    }
    /// Room for `samples` values of any type that fits.
    pub fn write<T: Pod<Element = f32>>(&mut self, samples: usize) -> ViewMut<'_, D, T> {
        ViewMut::new(D::whole_mut(&mut self.buffer), samples)
    }
}

/// Gives out the slots of a model, and keeps the first error for the end.
///
/// Generated code thus asks for hundreds of slots without a way out after each: every way out would give back all slots
/// before it, which the optimiser took quadratic time for.
pub struct Allocator<'d, D: Storage> {
    device: &'d D,
    samples: usize,
    error: Option<Error>,
}

impl<'d, D: Storage> Allocator<'d, D> {
    /// What `make` makes of slots for batches of at most `samples`.
    ///
    /// # Errors
    /// What the device reports when its memory is full.
    pub fn allocate<T>(device: &'d D, samples: usize, make: impl FnOnce(&mut Self) -> T) -> Result<T> {
        let mut allocator = Allocator { device, samples, error: None };
        let memory = make(&mut allocator);
        allocator.error.map_or(Ok(memory), Err)
    }
    /// Room for a batch of values of `floats` elements each.
    #[inline(never)]
    pub fn slot(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(self.samples * floats)
    }
    /// Room for one value of `floats` elements, whatever the batch.
    #[inline(never)]
    pub fn single(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(floats)
    }
    fn zeros(&mut self, len: usize) -> Workspace<D> {
        // After an error nothing is asked for: what was given out is thrown away at the end.
        let zeros = if self.error.is_none() { self.device.zeros(len) } else { Ok(self.device.empty()) };
        let buffer = zeros.unwrap_or_else(|error| {
            self.error = Some(error);
            self.device.empty()
        });
        Workspace { buffer }
    }
}
