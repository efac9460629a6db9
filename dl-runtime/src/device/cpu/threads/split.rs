//! Splitting data into disjoint parts that tasks use at the same time.

/// Data that is split into numbered parts, which tasks may use at the same time: [`chunks`], [`chunks_mut`], and tuples
/// of them.
///
/// # Safety
/// Parts with different numbers must not overlap if they can be written.
pub unsafe trait Split: Sync {
    /// The type of one part.
    type Part;
    /// Returns the number of parts.
    fn count(&self) -> usize;
    /// # Safety
    /// `index < count()`, and the part of one number is not in use twice at the same time.
    unsafe fn part(&self, index: usize) -> Self::Part;
}

/// Splits `data` into chunks of `size` to read; the last one may be shorter.
///
/// # Panics
/// If `size` is 0.
pub fn chunks<T: Sync>(data: &[T], size: usize) -> Chunks<'_, T> {
    assert!(size > 0, "chunks of something");
    Chunks { data, size }
}

/// Splits `data` into chunks of `size` to write; the last one may be shorter.
///
/// # Panics
/// If `size` is 0.
pub fn chunks_mut<T: Send>(data: &mut [T], size: usize) -> ChunksMut<'_, T> {
    ChunksMut::new(data, size)
}

/// The result of [`chunks`].
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

/// The result of [`chunks_mut`].
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

// SAFETY: chunks with different numbers do not overlap.
unsafe impl<'a, T: Send> Split for ChunksMut<'a, T> {
    type Part = &'a mut [T];
    fn count(&self) -> usize {
        self.len.div_ceil(self.size)
    }
    unsafe fn part(&self, index: usize) -> &'a mut [T] {
        let start = index * self.size;
        assert!(start <= self.len);
        // SAFETY: the range is within the slice borrowed for 'a, and by the contract it is used once at a time.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(start), self.size.min(self.len - start)) }
    }
}

macro_rules! split_tuples {
    ($(($first:ident $($rest:ident)*))*) => {$(
        // SAFETY: every member fulfils the contract.
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
                // SAFETY: the caller's contract is passed on to every member.
                unsafe { ($first.part(index), $($rest.part(index),)*) }
            }
        }
    )*};
}

split_tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

// SAFETY: every member fulfils the contract. The array may be empty, so it has no count of its own.
unsafe impl<A: Split, S: Split, const N: usize> Split for (A, [S; N]) {
    type Part = (A::Part, [S::Part; N]);
    fn count(&self) -> usize {
        let (first, rest) = self;
        assert!(rest.iter().all(|rest| rest.count() == first.count()), "as many chunks of each");
        first.count()
    }
    unsafe fn part(&self, index: usize) -> Self::Part {
        let (first, rest) = self;
        // SAFETY: the caller's contract is passed on to every member.
        unsafe { (first.part(index), rest.each_ref().map(|rest| rest.part(index))) }
    }
}
