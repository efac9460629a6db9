//! The memory of a GPU: buffers, borrowed ranges of them, and copies from and to the host.

use super::driver::Event;
use super::{Cuda, Gpu, Grid, kernels};
use crate::tensor::{Element, Storage};
use crate::{Error, Result};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

kernels!(
    "memory.cu":
    memory_copy(x, y),
    memory_clear(y),
);

/// The number of elements that are uploaded at a time. It bounds the staging memory, which is kept: weights may fill
/// half the GPU.
const PIECE: usize = 4 << 20;

/// Memory owned on a GPU.
pub struct Buffer<E> {
    gpu: Arc<Gpu>,
    address: u64,
    len: usize,
    elements: PhantomData<E>,
}

impl<E> Buffer<E> {
    pub(super) fn address(&self) -> u64 {
        self.address
    }
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

impl<E> Drop for Buffer<E> {
    fn drop(&mut self) {
        if self.address == 0 {
            return;
        }
        let mut state = self.gpu.state();
        // Queued work may still use the memory. An error is kept for the next result.
        if let Err(error) = state.flush_before_freeing(&self.gpu, self.address, self.len * size_of::<E>()) {
            state.error.get_or_insert(error);
        }
        let _ = state.stream.synchronize();
        let bytes = (self.len * size_of::<E>()) as u64;
        state.casts.dropped(&self.gpu, self.address, self.address + bytes);
        self.gpu.context.free(self.address);
    }
}

/// A range of GPU memory that may be read.
pub struct Ref<'a, E> {
    address: u64,
    len: usize,
    buffer: PhantomData<&'a E>,
}

impl<E> Clone for Ref<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Ref<'_, E> {}

/// A range of GPU memory that may be read and written.
pub struct Mut<'a, E> {
    address: u64,
    len: usize,
    buffer: PhantomData<&'a mut E>,
}

impl<E> Ref<'_, E> {
    pub(super) fn at(address: u64, len: usize) -> Self {
        Ref { address, len, buffer: PhantomData }
    }
    /// Returns the address of the range in GPU memory.
    pub(crate) fn address(self) -> u64 {
        self.address
    }
    /// Returns the number of elements.
    pub fn len(self) -> usize {
        self.len
    }
    /// Returns whether the range is empty.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl<E> Mut<'_, E> {
    pub(super) fn at(address: u64, len: usize) -> Self {
        Mut { address, len, buffer: PhantomData }
    }
    /// Returns the address of the range in GPU memory.
    pub(crate) fn address(&self) -> u64 {
        self.address
    }
    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Returns whether the range is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Pinned host memory for results that arrive later.
pub struct Pending<E> {
    copied: Event,
    host: *mut u8,
    room: usize,
    len: usize,
    elements: PhantomData<E>,
    /// Dropped last, since the fields above belong to its context.
    gpu: Arc<Gpu>,
}

// SAFETY: only this value owns the pinned memory.
unsafe impl<E: Send> Send for Pending<E> {}
// SAFETY: a shared reference only reads the pinned memory, and only after the copy is done (`wait`).
unsafe impl<E: Sync> Sync for Pending<E> {}

impl<E> Drop for Pending<E> {
    fn drop(&mut self) {
        let _ = self.gpu.context.enter();
        // The GPU may still be writing to this memory.
        let _ = self.copied.synchronize();
        self.gpu.context.free_host(self.host);
    }
}

impl Cuda {
    /// Allocates a buffer of zeros. They are written at once, ahead of queued work, which cannot use new memory.
    pub(super) fn new_buffer<E: Element>(&self, len: usize) -> Result<Buffer<E>> {
        let mut state = self.state();
        let address = self.gpu.context.allocate(len * size_of::<E>())?;
        state.counts.allocations += 1;
        // SAFETY: the memory was just allocated with this length, and every element has four bytes.
        let cleared = unsafe { state.stream.clear(address, len) };
        // A buffer that is dropped takes the lock.
        drop(state);
        let buffer = Buffer { gpu: Arc::clone(&self.gpu), address, len, elements: PhantomData };
        cleared.map(|()| buffer)
    }
}

impl crate::tensor::sealed::Device for Cuda {}

impl Storage for Cuda {
    type Buffer<E: Element> = Buffer<E>;
    type Ref<'a, E: Element> = Ref<'a, E>;
    type Mut<'a, E: Element> = Mut<'a, E>;
    type Readback<E: Element> = Pending<E>;
    type Prepared = ();
    const SYNCHRONOUS: bool = false;

    fn empty<E: Element>(&self) -> Buffer<E> {
        Buffer { gpu: Arc::clone(&self.gpu), address: 0, len: 0, elements: PhantomData }
    }
    fn zeros<E: Element>(&self, len: usize) -> Result<Buffer<E>> {
        self.new_buffer(len)
    }
    fn whole<E: Element>(buffer: &Buffer<E>) -> Ref<'_, E> {
        Ref::at(buffer.address, buffer.len)
    }
    fn whole_mut<E: Element>(buffer: &mut Buffer<E>) -> Mut<'_, E> {
        Mut::at(buffer.address, buffer.len)
    }
    fn len<E: Element>(data: Ref<'_, E>) -> usize {
        data.len
    }
    fn address<E: Element>(data: Ref<'_, E>) -> usize {
        data.address as usize
    }
    fn slice<E: Element>(data: Self::Ref<'_, E>, range: Range<usize>) -> Self::Ref<'_, E> {
        assert!(range.start <= range.end && range.end <= data.len, "{range:?} of {} elements", data.len);
        Ref::at(data.address + (range.start * size_of::<E>()) as u64, range.len())
    }
    fn split_mut<E: Element>(data: Self::Mut<'_, E>, at: usize) -> (Self::Mut<'_, E>, Self::Mut<'_, E>) {
        assert!(at <= data.len, "{at} of {} elements", data.len);
        (Mut::at(data.address, at), Mut::at(data.address + (at * size_of::<E>()) as u64, data.len - at))
    }
    fn share<'a, E: Element>(data: &'a Mut<'_, E>) -> Ref<'a, E> {
        Ref::at(data.address, data.len)
    }
    fn reborrow<'a, E: Element>(data: &'a mut Mut<'_, E>) -> Mut<'a, E> {
        Mut::at(data.address, data.len)
    }
    fn shorten<'short, 'long: 'short, E: Element>(data: Ref<'long, E>) -> Ref<'short, E> {
        data
    }
    fn reinterpret<A: Element, B: Element>(data: Self::Ref<'_, A>) -> Self::Ref<'_, B> {
        Ref::at(data.address, data.len)
    }
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B> {
        Mut::at(data.address, data.len)
    }

    fn upload_with<E: Element>(&self, to: Mut<'_, E>, write: impl FnOnce(&mut [E])) -> Result<()> {
        let bytes = to.len * size_of::<E>();
        let mut slot = {
            let state = &mut *self.state();
            state.staging.take(&self.gpu.context, bytes, &mut state.counts)?
        };
        // `write` runs without the lock, since a hand-written layer fills two gradients, one inside the other.
        write(slot.elements(to.len));
        let state = &mut *self.state();
        let flushed = state.flush_if_touched(&self.gpu, to.address, bytes);
        state.casts.written(to.address, to.address + bytes as u64);
        let sent = state.staging.send(&self.gpu.context, &state.stream, slot, to.address, bytes);
        flushed.and(sent)
    }
    fn fail(&self, error: Error) {
        self.state().error.get_or_insert(error);
    }
    fn upload<E: Element>(&self, from: &[E], to: Mut<'_, E>) -> Result<()> {
        assert_eq!(from.len(), to.len, "an upload of another length");
        let mut rest = to;
        for piece in from.chunks(PIECE) {
            let (now, later) = Self::split_mut(rest, piece.len());
            self.upload_with(now, |memory| memory.copy_from_slice(piece))?;
            rest = later;
        }
        Ok(())
    }
    fn download<E: Element>(&self, from: Ref<'_, E>, to: &mut [E]) -> Result<()> {
        assert_eq!(from.len, to.len(), "a download of another length");
        let mut state = self.state();
        state.flush(&self.gpu)?;
        // SAFETY: both ranges have this length, and `to` stays borrowed until the copy is done, because the next line
        // waits for it.
        unsafe { state.stream.copy_out(from.address, to.as_mut_ptr().cast(), size_of_val(to)) }?;
        state.synchronize(&self.gpu)
    }
    fn submit(&self) -> Result<()> {
        self.state().flush(&self.gpu)
    }
    fn readback<E: Element>(&self, len: usize) -> Result<Pending<E>> {
        let context = &self.gpu.context;
        let (copied, host) = (Event::new(context)?, context.allocate_host(len * size_of::<E>())?);
        Ok(Pending { gpu: Arc::clone(&self.gpu), host, room: len, len: 0, copied, elements: PhantomData })
    }
    fn download_async<E: Element>(&self, from: Ref<'_, E>, to: &mut Pending<E>) -> Result<()> {
        assert!(from.len <= to.room, "{} elements in room for {}", from.len, to.room);
        let mut state = self.state();
        state.flush(&self.gpu)?;
        // SAFETY: the pinned memory has room for the elements and is not read before `copied`.
        unsafe { state.stream.copy_out(from.address, to.host, from.len * size_of::<E>()) }?;
        to.len = from.len;
        to.copied.record(&state.stream)
    }
    fn wait<'p, E: Element>(&self, pending: &'p Pending<E>) -> Result<&'p [E]> {
        self.gpu.context.enter()?;
        pending.copied.synchronize()?;
        // SAFETY: the copy is done, so the memory holds `len` elements, and the GPU writes to it again only through
        // `&mut`.
        Ok(unsafe { std::slice::from_raw_parts(pending.host.cast(), pending.len) })
    }
    fn copy<E: Element>(&self, from: Ref<'_, E>, to: Mut<'_, E>) {
        assert_eq!(from.len, to.len, "a copy of another length");
        let (from, to) = (Self::reinterpret::<E, u32>(from), Self::reinterpret_mut::<E, u32>(to));
        self.launch(Grid::each(to.len), memory_copy { x: from, y: to });
    }
    fn clear<E: Element>(&self, data: Mut<'_, E>) {
        let data = Self::reinterpret_mut::<E, u32>(data);
        self.launch(Grid::each(data.len), memory_clear { y: data });
    }
    fn with_scratch<R>(&self, floats: usize, body: impl FnOnce(Mut<'_, f32>) -> R) -> R {
        // The operations that `body` calls use other scratch memory.
        body(self.scratch_around(2, floats))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cuda, PIECE};
    use crate::tensor::Storage;

    #[test]
    fn an_upload_of_several_pieces() {
        let Some(cuda) = crate::testing::gpu().pop() else { return };
        let from: Vec<u32> = (0..2 * PIECE as u32 + 3).collect();
        let mut buffer = cuda.zeros(from.len()).expect("memory");
        cuda.upload(&from, Cuda::whole_mut(&mut buffer)).expect("an upload");
        let mut to = vec![0; from.len()];
        cuda.download(Cuda::whole(&buffer), &mut to).expect("a download");
        assert!(from == to);
    }
}
