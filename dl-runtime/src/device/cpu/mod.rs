//! The CPU device: its memory is slices, it has a pool of threads, and its kernels are chosen by the processor's
//! features.

pub(crate) mod elementwise;
mod memory;
mod prepared;
pub(crate) mod scratch;
pub(crate) mod simd;
pub mod threads;

pub use memory::Memory;
pub use prepared::Prepared;
pub use threads::Threads;

use crate::Result;
use crate::tensor::{Element, Storage, pod, sealed};
use std::ops::Range;
use std::sync::Arc;

/// The CPU with a number of threads. Results do not depend on that number.
///
/// Clones share the threads.
#[derive(Clone, Debug)]
pub struct Cpu {
    threads: Arc<Threads>,
}

impl Cpu {
    /// Uses all hardware threads, or as many as the environment variable `DL_THREADS` says.
    pub fn new() -> Self {
        let wanted = std::env::var("DL_THREADS").ok().and_then(|n| n.trim().parse().ok());
        Self::with_threads(wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get())))
    }
    /// Uses `count` threads, including the calling one: at least 1, at most 1,024.
    pub fn with_threads(count: usize) -> Self {
        Cpu { threads: Arc::new(Threads::new(count.clamp(1, 1024))) }
    }
    /// Uses the threads of a rayon pool that the application already has, so that no other threads compete with them
    /// for the cores.
    ///
    /// As many threads compute as the pool has, including the calling one, whether it belongs to the pool or not; fewer
    /// if the pool is busy. Unlike the device's own threads, waking a thread of the pool costs an allocation whenever
    /// there was no work for about 20 µs.
    #[cfg(feature = "rayon")]
    pub fn in_pool(pool: Arc<rayon::ThreadPool>) -> Self {
        Cpu { threads: Arc::new(Threads::of_rayon(Some(pool))) }
    }
    /// Uses the threads of rayon's global pool, or of the pool in whose `install` this is called; see [`Cpu::in_pool`].
    #[cfg(feature = "rayon")]
    pub fn in_global_pool() -> Self {
        Cpu { threads: Arc::new(Threads::of_rayon(None)) }
    }
    /// Returns the thread pool, for kernels.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self::new()
    }
}

impl sealed::Device for Cpu {}

impl Storage for Cpu {
    type Buffer<E: Element> = Memory<E>;
    type Ref<'a, E: Element> = &'a [E];
    type Mut<'a, E: Element> = &'a mut [E];
    type Readback<E: Element> = Vec<E>;
    type Prepared = Prepared;

    fn empty<E: Element>(&self) -> Memory<E> {
        Memory::empty()
    }
    fn zeros<E: Element>(&self, len: usize) -> Result<Memory<E>> {
        Memory::zeros(len)
    }
    fn whole<E: Element>(buffer: &Memory<E>) -> &[E] {
        buffer
    }
    fn whole_mut<E: Element>(buffer: &mut Memory<E>) -> &mut [E] {
        buffer
    }
    fn len<E: Element>(data: &[E]) -> usize {
        data.len()
    }
    fn address<E: Element>(data: &[E]) -> usize {
        data.as_ptr().addr()
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
        // SAFETY: elements are `f32` or `u32` (the trait is sealed): four bytes each, and every bit pattern is valid
        // for both.
        unsafe { std::slice::from_raw_parts(data.as_ptr().cast(), data.len()) }
    }
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B> {
        // SAFETY: as in `reinterpret`; the borrow moves to the result.
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
        pod::reserved(len)
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
    fn with_scratch<R>(&self, floats: usize, body: impl FnOnce(&mut [f32]) -> R) -> R {
        scratch::with(floats, body)
    }
}

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use super::*;
    use crate::ops::matmul::{Epilogue, Matrix, matmul};
    use crate::tensor::Write;

    #[test]
    fn products_are_the_same_bits_in_any_pool() {
        let (m, k, n) = (37, 301, 203);
        let numbers = |len: usize| (0..len).map(|i| (i * 31 % 251) as f32 / 251.0 - 0.4).collect::<Vec<_>>();
        let (a, b) = (numbers(m * k), numbers(k * n));
        let product = |cpu: Cpu| {
            let mut c = vec![0.0; m * n];
            matmul(cpu.threads(), Matrix::new(&a, m, k), Matrix::new(&b, k, n), &mut c, Epilogue::plain(Write::Set));
            c.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap());
        let expected = product(Cpu::with_threads(1));
        assert_eq!(product(Cpu::in_pool(pool.clone())), expected);
        assert_eq!(pool.install(|| product(Cpu::in_global_pool())), expected);
        assert_eq!(product(Cpu::in_global_pool()), expected);
    }
}
