//! Data cut in disjoint parts that tasks use at the same time.

/// Data cut in numbered parts that tasks may use at the same time: [`chunks`], [`chunks_mut`], and tuples of them.
///
/// # Safety
/// Parts of different numbers do not overlap where they can be written.
pub unsafe trait Split: Sync {
    /// What one task gets.
    type Part;
    /// Number of parts.
    fn count(&self) -> usize;
    /// # Safety
    /// `index < count()`, and no two parts of one number are in use at the same time.
    unsafe fn part(&self, index: usize) -> Self::Part;
}

/// `data` in chunks of `size`, the last one shorter, to read.
pub fn chunks<T: Sync>(data: &[T], size: usize) -> Chunks<'_, T> {
    assert!(size > 0, "chunks of something");
    Chunks { data, size }
}

/// `data` in chunks of `size`, the last one shorter, to write.
pub fn chunks_mut<T: Send>(data: &mut [T], size: usize) -> ChunksMut<'_, T> {
    ChunksMut::new(data, size)
}

/// See [`chunks`].
#[derive(Clone, Copy, Debug)]
pub struct Chunks<'a, T> {
    data: &'a [T],
    size: usize,
}

// SAFETY: parts are only read.
unsafe impl<'a, T: Sync> Split for Chunks<'a, T> {
    type Part = &'a [T];
    fn count(&self) -> usize {
        self.data.len().div_ceil(self.size)
    }
    unsafe fn part(&self, index: usize) -> &'a [T] {
        &self.data[index * self.size..self.data.len().min((index + 1) * self.size)]
    }
}

/// See [`chunks_mut`].
#[derive(Debug)]
pub struct ChunksMut<'a, T> {
    data: *mut T,
    len: usize,
    size: usize,
    lifetime: std::marker::PhantomData<&'a mut [T]>,
}

impl<'a, T> ChunksMut<'a, T> {
    pub(super) fn new(data: &'a mut [T], size: usize) -> Self {
        assert!(size > 0, "chunks of something");
        ChunksMut { data: data.as_mut_ptr(), len: data.len(), size, lifetime: std::marker::PhantomData }
    }
}

// SAFETY: it hands out disjoint `&mut [T]`, which may go to other threads where `T: Send`.
unsafe impl<T: Send> Sync for ChunksMut<'_, T> {}

// SAFETY: chunks of different numbers do not overlap.
unsafe impl<'a, T: Send> Split for ChunksMut<'a, T> {
    type Part = &'a mut [T];
    fn count(&self) -> usize {
        self.len.div_ceil(self.size)
    }
    unsafe fn part(&self, index: usize) -> &'a mut [T] {
        let start = index * self.size;
        assert!(start <= self.len);
        // SAFETY: within the slice borrowed for 'a, and by the caller's promise used once at a time.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(start), self.size.min(self.len - start)) }
    }
}

macro_rules! split_tuples {
    ($(($first:ident $($rest:ident)*))*) => {$(
        // SAFETY: each member keeps the promise.
        unsafe impl<$first: Split, $($rest: Split),*> Split for ($first, $($rest,)*) {
            type Part = ($first::Part, $($rest::Part,)*);
            #[allow(non_snake_case, reason = "the members are named by their types")]
            fn count(&self) -> usize {
                let ($first, $($rest,)*) = self;
                $(assert_eq!($first.count(), $rest.count(), "as many chunks of each");)*
                $first.count()
            }
            #[allow(non_snake_case, reason = "the members are named by their types")]
            unsafe fn part(&self, index: usize) -> Self::Part {
                let ($first, $($rest,)*) = self;
                // SAFETY: passed on.
                unsafe { ($first.part(index), $($rest.part(index),)*) }
            }
        }
    )*};
}

split_tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }
