//! Workspaces are the buffers of intermediate values. In the memory plan of a model, values whose lifetimes do not overlap share one.

use super::{Pod, Storage, View, ViewMut};
use crate::{Error, Result};

/// A buffer for one intermediate value at a time, for batches of up to a fixed size.
pub struct Workspace<D: Storage> {
    buffer: D::Buffer<f32>,
}

impl<D: Storage> Workspace<D> {
    /// Borrows the buffer to read the first `samples` values, whose type must be the one that was written last.
    pub fn read<T: Pod>(&self, samples: usize) -> View<'_, D, T> {
        View::new(D::reinterpret(D::whole(&self.buffer)), samples)
    }
    /// Borrows the buffer to write `samples` values of any type that fits.
    pub fn write<T: Pod>(&mut self, samples: usize) -> ViewMut<'_, D, T> {
        ViewMut::new(D::reinterpret_mut(D::whole_mut(&mut self.buffer)), samples)
    }
}

/// Allocates the workspaces of a model, and reports the first error at the end.
///
/// Generated code allocates hundreds of workspaces without a `?` after each: every early return would drop all workspaces before
/// it, and the optimiser took quadratic time for that.
pub struct Allocator<'d, D: Storage> {
    device: &'d D,
    samples: usize,
    error: Option<Error>,
}

impl<'d, D: Storage> Allocator<'d, D> {
    /// Calls `make` to allocate memory for batches of at most `samples`.
    ///
    /// # Errors
    /// The device reports that it is out of memory.
    pub fn allocate<T>(device: &'d D, samples: usize, make: impl FnOnce(&mut Self) -> T) -> Result<T> {
        let mut allocator = Allocator { device, samples, error: None };
        let memory = make(&mut allocator);
        allocator.error.map_or(Ok(memory), Err)
    }
    /// Allocates a workspace for a batch of values of `floats` elements each.
    #[inline(never)]
    pub fn workspace(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(self.samples * floats)
    }
    /// Allocates a workspace for one value of `floats` elements, whatever the size of the batch.
    #[inline(never)]
    pub fn single(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(floats)
    }
    fn zeros(&mut self, len: usize) -> Workspace<D> {
        // After an error everything is dropped at the end, so nothing more is allocated.
        let zeros = if self.error.is_none() { self.device.zeros(len) } else { Ok(self.device.empty()) };
        let buffer = zeros.unwrap_or_else(|error| {
            self.error = Some(error);
            self.device.empty()
        });
        Workspace { buffer }
    }
}
