//! Scratch memory of a thread. It grows to the largest size that was ever requested and then never allocates again.

use std::cell::RefCell;

/// The alignment of scratch memory: 64 bytes, in floats.
const ALIGN: usize = 16;

thread_local! {
    /// The buffers that are not in use; the one for the outermost call is on top.
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `body` with `floats` numbers of memory with any content, aligned to 64 bytes. Calls may nest.
pub(crate) fn with<R>(floats: usize, body: impl FnOnce(&mut [f32]) -> R) -> R {
    // An empty request takes no buffer: a thread that first gets here in a later step would allocate one.
    if floats == 0 {
        return body(&mut []);
    }
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < floats + ALIGN {
        buffer.resize(floats + ALIGN, 0.0);
    }
    let start = buffer.as_ptr().align_offset(ALIGN * size_of::<f32>()).min(ALIGN);
    let result = body(&mut buffer[start..start + floats]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_scratch_is_disjoint_aligned_and_reused() {
        let address = with(100, |a| {
            a.fill(1.0);
            with(50, |b| b.fill(2.0));
            assert!(a.iter().all(|x| *x == 1.0));
            assert_eq!(a.as_ptr() as usize % 64, 0);
            a.as_ptr()
        });
        assert_eq!(with(70, |a| a.as_ptr()), address);
    }
}
