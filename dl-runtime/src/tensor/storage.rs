//! Storage: what memory on a device is, and how it is copied from and to the host.

use crate::{Error, Result};
use std::ops::Range;

/// A number that devices store: `f32` or `u32`.
pub trait Element: sealed::Sealed + super::Pod<Element = Self> + Copy + Default + PartialEq + std::fmt::Debug {
    /// Whether it is a number: neither NaN nor an infinity.
    fn finite(self) -> bool;
}
mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for u32 {}
}
impl Element for f32 {
    fn finite(self) -> bool {
        self.is_finite()
    }
}
impl Element for u32 {
    fn finite(self) -> bool {
        true
    }
}

/// The memory of a device: buffers, borrowed ranges of them, and copies from and to the host.
pub trait Storage: Clone + Send + Sync + 'static {
    /// Memory owned on the device.
    type Buffer<E: Element>: Send + Sync + 'static;
    /// A borrowed range to read (`&[E]` on the CPU).
    type Ref<'a, E: Element>: Copy;
    /// A borrowed range to write (`&mut [E]` on the CPU).
    type Mut<'a, E: Element>;
    /// Whether a call returns when its work is done. Otherwise work is done in the order of the calls, some time later, and
    /// what goes wrong is reported with the next result that somebody waits for.
    const SYNCHRONOUS: bool = true;
    /// Host memory for results that come later.
    type Readback<E: Element>: Send + Sync + 'static;

    /// A buffer of no elements, which takes no memory.
    fn empty<E: Element>(&self) -> Self::Buffer<E>;
    /// A new buffer of `len` zeros.
    fn zeros<E: Element>(&self, len: usize) -> Result<Self::Buffer<E>>;
    /// The whole buffer, to read.
    fn whole<E: Element>(buffer: &Self::Buffer<E>) -> Self::Ref<'_, E>;
    /// The whole buffer, to write.
    fn whole_mut<E: Element>(buffer: &mut Self::Buffer<E>) -> Self::Mut<'_, E>;
    /// Number of elements.
    fn len<E: Element>(data: Self::Ref<'_, E>) -> usize;
    /// A part of a range.
    fn slice<E: Element>(data: Self::Ref<'_, E>, range: Range<usize>) -> Self::Ref<'_, E>;
    /// Two adjacent parts of a range, to write.
    fn split_mut<E: Element>(data: Self::Mut<'_, E>, at: usize) -> (Self::Mut<'_, E>, Self::Mut<'_, E>);
    /// A writable range, lent again to read.
    fn share<'a, E: Element>(data: &'a Self::Mut<'_, E>) -> Self::Ref<'a, E>;
    /// A writable range, lent again to write.
    fn reborrow<'a, E: Element>(data: &'a mut Self::Mut<'_, E>) -> Self::Mut<'a, E>;

    /// A range that is borrowed for a shorter time.
    fn shorten<'short, 'long: 'short, E: Element>(data: Self::Ref<'long, E>) -> Self::Ref<'short, E>;
    /// The same memory as elements of the other type, bit by bit: a struct of several inputs may have both.
    fn reinterpret<A: Element, B: Element>(data: Self::Ref<'_, A>) -> Self::Ref<'_, B>;
    /// [`Storage::bits`], to write.
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B>;

    /// Host memory as the device's own, without a copy, where the device can.
    fn from_host<E: Element>(host: &[E]) -> Option<Self::Ref<'_, E>> {
        let _ = host;
        None
    }
    /// [`Storage::lend`], to write.
    fn from_host_mut<E: Element>(host: &mut [E]) -> Option<Self::Mut<'_, E>> {
        let _ = host;
        None
    }
    /// The device's memory as the host's own, without a copy, where the host can see it.
    fn as_host_slice<E: Element>(data: Self::Ref<'_, E>) -> Option<&[E]> {
        let _ = data;
        None
    }
    /// Lets `write` fill memory that then is the device's; on the CPU it is so from the beginning.
    fn upload_with<E: Element>(&self, to: Self::Mut<'_, E>, write: impl FnOnce(&mut [E])) -> Result<()>;
    /// Copies host memory of the same length to the device.
    fn upload<E: Element>(&self, from: &[E], to: Self::Mut<'_, E>) -> Result<()>;
    /// Copies device memory to host memory of the same length; waits for what was asked before.
    fn download<E: Element>(&self, from: Self::Ref<'_, E>, to: &mut [E]) -> Result<()>;
    /// Begins what was asked for, where a device gathers work: the end of a step is a good time.
    fn submit(&self) -> Result<()> {
        Ok(())
    }
    /// SavedForBackward an error of work without a result for the next call that has one.
    fn fail(&self, error: Error) {
        let _ = error;
    }
    /// Host memory for up to `len` elements that come later.
    fn readback<E: Element>(&self, len: usize) -> Result<Self::Readback<E>>;
    /// Asks for a copy of device memory as it is after all that was asked before, and does not wait for it. What `to` held
    /// is of no use any more.
    fn download_async<E: Element>(&self, from: Self::Ref<'_, E>, to: &mut Self::Readback<E>) -> Result<()>;
    /// Waits for the copy that was last asked for, not for what was asked after it, and lends it: as many elements as it had.
    fn wait<'p, E: Element>(&self, pending: &'p Self::Readback<E>) -> Result<&'p [E]>;
    /// Copies within the device.
    fn copy<E: Element>(&self, from: Self::Ref<'_, E>, to: Self::Mut<'_, E>);
    /// Sets every element to zero.
    fn clear<E: Element>(&self, data: Self::Mut<'_, E>);
}
