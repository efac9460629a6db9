//! Memory of the CPU device. It begins at a multiple of 64 bytes, a line of the cache: registers of AVX-512 that lie across two lines
//! cost passes over memory up to 90% more time.

use crate::Result;
use crate::tensor::{Element, pod};
use std::ops::{Deref, DerefMut};

/// The alignment in bytes.
const ALIGN: usize = 64;

/// A number of elements that do not move; used as a slice.
pub struct Memory<E> {
    elements: Vec<E>,
    start: usize,
}

impl<E: Element> Memory<E> {
    /// No elements, without an allocation.
    pub(super) fn empty() -> Self {
        Memory { elements: Vec::new(), start: 0 }
    }
    /// Allocates `len` zeros.
    pub(super) fn zeros(len: usize) -> Result<Self> {
        if len == 0 {
            return Ok(Self::empty());
        }
        let more = ALIGN / size_of::<E>();
        let mut elements: Vec<E> = pod::zeros(len.saturating_add(more))?;
        let start = elements.as_ptr().align_offset(ALIGN).min(more);
        elements.truncate(start + len);
        Ok(Memory { elements, start })
    }
}

impl<E> Deref for Memory<E> {
    type Target = [E];
    fn deref(&self) -> &[E] {
        // SAFETY: `zeros` and `empty` choose a start within the elements, and nothing changes either. Checking it again would be a fifth
        // of the optimised code of a network, which borrows its memory at every step.
        unsafe { self.elements.get_unchecked(self.start..) }
    }
}

impl<E> DerefMut for Memory<E> {
    fn deref_mut(&mut self) -> &mut [E] {
        // SAFETY: as in `deref`.
        unsafe { self.elements.get_unchecked_mut(self.start..) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_aligned_and_as_many_as_asked() {
        for len in [0, 1, 16, 1000] {
            let mut memory = Memory::<f32>::zeros(len).unwrap();
            assert_eq!(memory.len(), len);
            assert!((memory.as_ptr() as usize).is_multiple_of(if len == 0 { 1 } else { ALIGN }));
            memory.iter_mut().for_each(|x| *x += 1.0);
            assert!(memory.iter().all(|x| *x == 1.0));
        }
        assert!(Memory::<u32>::zeros(usize::MAX).is_err());
    }
}
