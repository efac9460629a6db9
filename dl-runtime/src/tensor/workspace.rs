//! Workspaces are the buffers of intermediate values. In the memory plan of a model, values whose lifetimes do not overlap share one.

use super::{ArenaSize, Pack, Pod, Storage, View, ViewMut};
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

impl<D: Storage> Workspace<D> {
    /// Borrows values to read. One sample is a part of the value in `whole`, which begins after `start` elements; more of them are here.
    pub fn read_part<'a, T: Pod<Element = f32>>(
        &'a self,
        whole: &'a Workspace<D>,
        start: usize,
        samples: usize,
    ) -> View<'a, D, T> {
        if samples > 1 {
            return self.read(samples);
        }
        let data = D::whole(&whole.buffer);
        View::new(D::slice(data, start..start + samples * T::LEN), samples)
    }
    /// Borrows memory to write values, which is where [`Workspace::read_part`] finds them.
    pub fn write_part<'a, T: Pod<Element = f32>>(
        &'a mut self,
        whole: &'a mut Workspace<D>,
        start: usize,
        samples: usize,
    ) -> ViewMut<'a, D, T> {
        if samples > 1 {
            return self.write(samples);
        }
        ViewMut::new(D::split_mut(D::whole_mut(&mut whole.buffer), start).1, samples)
    }
    /// Borrows the whole buffer to read.
    pub fn data(&self) -> D::Ref<'_, f32> {
        D::whole(&self.buffer)
    }
    /// Borrows the whole buffer to write.
    pub fn data_mut(&mut self) -> D::Mut<'_, f32> {
        D::whole_mut(&mut self.buffer)
    }
}

/// Allocates the workspaces of a model, and reports the first error at the end.
///
/// Generated code allocates hundreds of workspaces without a `?` after each: every early return would drop all workspaces before
/// it, and the optimiser took quadratic time for that.
pub struct Allocator<'d, D: Storage> {
    device: &'d D,
    capacity: Capacity,
    error: Option<Error>,
}

/// The largest batches that memory has place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// The number of samples.
    pub samples: usize,
    /// The number of rows of their sequences.
    pub rows: usize,
}

impl Capacity {
    /// Returns the capacity for batches of `rows` rows, with some more if it grew before, so that it does not grow at each batch.
    #[must_use]
    pub fn grown(self, rows: usize) -> Self {
        Capacity { rows: rows.max(self.rows + self.rows / 2), ..self }
    }
    /// Returns the number of elements of the largest packed batch of samples `S`.
    pub fn elements<S: Pack>(self) -> usize {
        S::PARTS.iter().map(|part| part.len * if part.sequence { self.rows } else { self.samples }).sum()
    }
}

impl<'d, D: Storage> Allocator<'d, D> {
    /// Calls `make` to allocate memory for batches of at most this size.
    ///
    /// # Errors
    /// The device reports that it is out of memory.
    pub fn allocate<T>(device: &'d D, capacity: Capacity, make: impl FnOnce(&mut Self) -> T) -> Result<T> {
        let mut allocator = Allocator { device, capacity, error: None };
        let memory = make(&mut allocator);
        allocator.error.map_or(Ok(memory), Err)
    }
    /// Allocates a workspace for a batch of values of `floats` elements each.
    #[inline(never)]
    pub fn workspace(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(self.capacity.samples * floats)
    }
    /// Allocates a workspace for a batch of values of `floats` elements each, which is empty for batches of one sample.
    #[inline(never)]
    pub fn of_several(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(if self.capacity.samples > 1 { self.capacity.samples * floats } else { 0 })
    }
    /// Allocates a workspace for the rows of sequences, of `floats` elements each.
    #[inline(never)]
    pub fn rows(&mut self, floats: usize) -> Workspace<D> {
        self.zeros(self.capacity.rows * floats)
    }
    /// Allocates a workspace for either: a batch of values of `of_sample` elements, or the rows of sequences, of `of_row` elements each.
    #[inline(never)]
    pub fn samples_or_rows(&mut self, of_sample: usize, of_row: usize) -> Workspace<D> {
        self.zeros((self.capacity.samples * of_sample).max(self.capacity.rows * of_row))
    }
    /// Allocates a workspace for a packed batch of samples.
    #[inline(never)]
    pub fn packed<S: Pack>(&mut self) -> Workspace<D> {
        self.zeros(self.capacity.elements::<S>())
    }
    /// Allocates the memory of an [`Arena`](super::Arena).
    pub fn arena(&mut self, size: ArenaSize) -> Workspace<D> {
        self.zeros(size.len(self.capacity.samples, self.capacity.rows))
    }
    /// Returns the most rows of a stream, for the state of steps.
    pub fn rows_of_streams(&self) -> usize {
        self.capacity.rows
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
