//! The CPU: slices for memory, a pool of threads, and kernels chosen by what the processor can do.

pub(crate) mod elementwise;
pub(crate) mod scratch;
pub(crate) mod simd;
pub mod threads;

pub use threads::Threads;

use crate::Result;
use crate::tensor::{Element, Storage};
use std::ops::Range;
use std::sync::Arc;

/// The processor, with a number of threads. Results do not depend on that number.
///
/// Clones share the threads.
#[derive(Clone, Debug)]
pub struct Cpu {
    threads: Arc<Threads>,
}

impl Cpu {
    /// All the processor's threads, or as many as the environment variable `DL_THREADS` says.
    pub fn new() -> Self {
        let wanted = std::env::var("DL_THREADS").ok().and_then(|n| n.trim().parse().ok());
        Self::with_threads(wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get())))
    }
    /// A number of threads, the caller among them (at least 1).
    pub fn with_threads(count: usize) -> Self {
        Cpu { threads: Arc::new(Threads::new(count.clamp(1, 1024))) }
    }
    /// The threads, for kernels.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self::new()
    }
}

impl Storage for Cpu {
    type Buffer<E: Element> = Vec<E>;
    type Ref<'a, E: Element> = &'a [E];
    type Mut<'a, E: Element> = &'a mut [E];
    type Readback<E: Element> = Vec<E>;

    fn empty<E: Element>(&self) -> Vec<E> {
        Vec::new()
    }
    fn zeros<E: Element>(&self, len: usize) -> Result<Vec<E>> {
        Ok(vec![E::default(); len])
    }
    fn whole<E: Element>(buffer: &Vec<E>) -> &[E] {
        buffer
    }
    fn whole_mut<E: Element>(buffer: &mut Vec<E>) -> &mut [E] {
        buffer
    }
    fn len<E: Element>(data: &[E]) -> usize {
        data.len()
    }
    fn slice<E: Element>(data: Self::Ref<'_, E>, range: Range<usize>) -> Self::Ref<'_, E> {
        &data[range]
    }
    fn split_mut<E: Element>(data: Self::Mut<'_, E>, at: usize) -> (Self::Mut<'_, E>, Self::Mut<'_, E>) {
        data.split_at_mut(at)
    }
    fn share<'a, E: Element>(data: &'a &mut [E]) -> &'a [E] {
        data
    }
    fn reborrow<'a, E: Element>(data: &'a mut &mut [E]) -> &'a mut [E] {
        data
    }
    fn shorten<'short, 'long: 'short, E: Element>(data: &'long [E]) -> &'short [E] {
        data
    }
    fn reinterpret<A: Element, B: Element>(data: Self::Ref<'_, A>) -> Self::Ref<'_, B> {
        // SAFETY: elements are `f32` or `u32` (the trait is sealed): four bytes each, and every pattern is a value of both.
        unsafe { std::slice::from_raw_parts(data.as_ptr().cast(), data.len()) }
    }
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B> {
        // SAFETY: as in `bits`; the borrow moves to the result.
        unsafe { std::slice::from_raw_parts_mut(data.as_mut_ptr().cast(), data.len()) }
    }
    fn as_host_slice<E: Element>(data: Self::Ref<'_, E>) -> Option<&[E]> {
        Some(data)
    }
    fn from_host<E: Element>(host: &[E]) -> Option<&[E]> {
        Some(host)
    }
    fn from_host_mut<E: Element>(host: &mut [E]) -> Option<&mut [E]> {
        Some(host)
    }
    fn upload_with<E: Element>(&self, to: &mut [E], write: impl FnOnce(&mut [E])) -> Result<()> {
        write(to);
        Ok(())
    }
    fn upload<E: Element>(&self, from: &[E], to: &mut [E]) -> Result<()> {
        to.copy_from_slice(from);
        Ok(())
    }
    fn download<E: Element>(&self, from: &[E], to: &mut [E]) -> Result<()> {
        to.copy_from_slice(from);
        Ok(())
    }
    fn readback<E: Element>(&self, len: usize) -> Result<Vec<E>> {
        Ok(Vec::with_capacity(len))
    }
    fn download_async<E: Element>(&self, from: &[E], to: &mut Vec<E>) -> Result<()> {
        to.clear();
        to.extend_from_slice(from);
        Ok(())
    }
    fn wait<'p, E: Element>(&self, pending: &'p Vec<E>) -> Result<&'p [E]> {
        Ok(pending)
    }
    fn copy<E: Element>(&self, from: &[E], to: &mut [E]) {
        to.copy_from_slice(from);
    }
    fn clear<E: Element>(&self, data: &mut [E]) {
        data.fill(E::default());
    }
}
