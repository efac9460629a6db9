//! The trait [`Storage`] of the memory of a device: how it is allocated, borrowed, and copied from and to the host.

use crate::{Error, Result};
pub use dl_core::Element;
use std::ops::Range;

pub(crate) mod sealed {
    /// Only devices of this crate implement [`Storage`](super::Storage), since generated code relies on their guarantees.
    pub trait Device {}
}

/// The memory of a device. A buffer owns memory, and `Ref` and `Mut` borrow a range of one, as `&[E]` and `&mut [E]` do on the CPU.
///
/// [`Cpu`](crate::Cpu) and `Cuda` implement it; it is one half of a [`Device`](crate::Device), whose other half is the kernels.
pub trait Storage: sealed::Device + Clone + Send + Sync + 'static {
    /// Memory that is owned, as [`Memory`](crate::device::cpu::Memory) on the CPU.
    type Buffer<E: Element>: Send + Sync + 'static;
    /// A borrowed range to read (`&[E]` on the CPU).
    type Ref<'a, E: Element>: Copy;
    /// A borrowed range to write (`&mut [E]` on the CPU).
    type Mut<'a, E: Element>;
    /// `true` if a call returns only when its work is done. An asynchronous device (CUDA) enqueues calls and runs them later in the same
    /// order; the next call that waits for a result then reports an error.
    const SYNCHRONOUS: bool = true;
    /// Host memory that an asynchronous copy from the device fills.
    type Readback<E: Element>: Send + Sync + 'static;
    /// What kernels keep of weights that do not change, in the layouts that they read; `()` if they read them as they are.
    type Prepared: Default + Send + Sync + 'static;

    /// Returns a buffer without elements, which takes no memory.
    fn empty<E: Element>(&self) -> Self::Buffer<E>;
    /// Allocates a buffer of `len` zeros.
    fn zeros<E: Element>(&self, len: usize) -> Result<Self::Buffer<E>>;
    /// Borrows the whole buffer to read.
    fn whole<E: Element>(buffer: &Self::Buffer<E>) -> Self::Ref<'_, E>;
    /// Borrows the whole buffer to write.
    fn whole_mut<E: Element>(buffer: &mut Self::Buffer<E>) -> Self::Mut<'_, E>;
    /// Returns the number of elements of a range.
    fn len<E: Element>(data: Self::Ref<'_, E>) -> usize;
    /// Returns the address of a range in the memory of the device, to compare it with those of other ranges.
    fn address<E: Element>(data: Self::Ref<'_, E>) -> usize;
    /// Borrows a part of a range, as `&data[range]`.
    fn slice<E: Element>(data: Self::Ref<'_, E>, range: Range<usize>) -> Self::Ref<'_, E>;
    /// Splits a range in two at an index, as `split_at_mut`.
    fn split_mut<E: Element>(data: Self::Mut<'_, E>, at: usize) -> (Self::Mut<'_, E>, Self::Mut<'_, E>);
    /// Borrows a writable range to read.
    fn share<'a, E: Element>(data: &'a Self::Mut<'_, E>) -> Self::Ref<'a, E>;
    /// Borrows a writable range for a shorter time, as `&mut *data`.
    fn reborrow<'a, E: Element>(data: &'a mut Self::Mut<'_, E>) -> Self::Mut<'a, E>;

    /// Shortens the lifetime of a borrowed range.
    fn shorten<'short, 'long: 'short, E: Element>(data: Self::Ref<'long, E>) -> Self::Ref<'short, E>;
    /// Reinterprets the bits of a range as elements of another type. A struct of several inputs may hold both types in one buffer.
    fn reinterpret<A: Element, B: Element>(data: Self::Ref<'_, A>) -> Self::Ref<'_, B>;
    /// Reinterprets the bits of a writable range, as [`Storage::reinterpret`].
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B>;

    /// Uses host memory as memory of the device without a copy; `None` if the device has memory of its own.
    fn from_host<E: Element>(host: &[E]) -> Option<Self::Ref<'_, E>> {
        let _ = host;
        None
    }
    /// Uses writable host memory as memory of the device, as [`Storage::from_host`].
    fn from_host_mut<E: Element>(host: &mut [E]) -> Option<Self::Mut<'_, E>> {
        let _ = host;
        None
    }
    /// Reads memory of the device without a copy; `None` if the host cannot access it.
    fn as_host_slice<E: Element>(data: Self::Ref<'_, E>) -> Option<&[E]> {
        let _ = data;
        None
    }
    /// Uploads the elements that `write` writes. `write` gets the memory itself on the CPU, and a staging buffer on a GPU.
    ///
    /// # Errors
    /// A device reports that it is out of memory, or an error of earlier asynchronous work.
    fn upload_with<E: Element>(&self, to: Self::Mut<'_, E>, write: impl FnOnce(&mut [E])) -> Result<()>;
    /// Copies host memory to a range of the same length on the device.
    ///
    /// # Errors
    /// As [`Storage::upload_with`].
    fn upload<E: Element>(&self, from: &[E], to: Self::Mut<'_, E>) -> Result<()>;
    /// Copies a range on the device to host memory of the same length, after waiting for all work that was enqueued before.
    ///
    /// # Errors
    /// As [`Storage::upload_with`].
    fn download<E: Element>(&self, from: Self::Ref<'_, E>, to: &mut [E]) -> Result<()>;
    /// Launches the work enqueued so far, on devices that collect it first. Sessions call it at the end of a step.
    fn submit(&self) -> Result<()> {
        Ok(())
    }
    /// Returns whether the device runs layers that are written by hand, on native arrays. One that only records what it is asked to does
    /// not, and keeps an error about the layer `name` with these weights.
    #[doc(hidden)]
    fn runs_by_hand(&self, name: &'static str, weights: Self::Ref<'_, f32>) -> bool {
        let _ = (name, weights);
        true
    }
    /// Records an error of a call that returns no result; the next call that returns one reports it.
    fn fail(&self, error: Error) {
        let _ = error;
    }
    /// Allocates host memory for asynchronous copies of up to `len` elements.
    fn readback<E: Element>(&self, len: usize) -> Result<Self::Readback<E>>;
    /// Enqueues a copy to host memory and returns at once. The copy sees the result of all work that was enqueued before; the
    /// previous content of `to` is lost.
    fn download_async<E: Element>(&self, from: Self::Ref<'_, E>, to: &mut Self::Readback<E>) -> Result<()>;
    /// Waits for the last copy that was enqueued to this memory, but not for later work, and returns the elements that it copied.
    fn wait<'r, E: Element>(&self, readback: &'r Self::Readback<E>) -> Result<&'r [E]>;
    /// Copies a range to another of the same length on the same device.
    fn copy<E: Element>(&self, from: Self::Ref<'_, E>, to: Self::Mut<'_, E>);
    /// Sets every element to zero.
    fn clear<E: Element>(&self, data: Self::Mut<'_, E>);
    /// Calls `body` with `floats` numbers of scratch memory with any content, for an operation that calls others. Memory is allocated only
    /// when more is requested than ever before. `body` does not call this again.
    fn with_scratch<R>(&self, floats: usize, body: impl FnOnce(Self::Mut<'_, f32>) -> R) -> R;
}
