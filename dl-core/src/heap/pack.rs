//! Samples as programs hold them, and how a batch of them is packed: part after part, each with the rows of all samples.

use super::{zeroed_box, zeroed_vec};
use crate::check::Form;
use crate::pod::{flat, flat_mut};
use crate::{Element, Pod};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::slice;

/// One part of a sample: an array, or the rows of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The number of elements of the array, or of a row of the sequence.
    pub len: usize,
    /// `true` for a sequence, whose number of rows differs from sample to sample.
    pub sequence: bool,
}

/// A sample of a batch: an array of numbers (`[[f32; 28]; 28]`), a sequence of rows (`Vec<[f32; 8]>`, `Vec<u32>`), or a struct of these
/// that `model!` writes for several inputs or outputs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no sample",
    note = "samples are `f32` or `u32`, arrays of them such as `[[f32; 28]; 28]`, or sequences `Vec<[f32; 8]>`"
)]
pub trait Pack: Sized + Send + Sync + 'static {
    /// The type of its numbers.
    type Element: Element;
    /// The items of a packed batch: the sample itself, a row of a sequence, or an element of a struct with sequences.
    type Row: Pod<Element = Self::Element>;
    /// A sample with as many items of type `T` as this one has rows: the type of its targets.
    type Like<T: Pod>: Pack<Row = T, Element = T::Element>;
    /// The parts, in their order.
    const PARTS: &'static [Part];
    /// The shape, for checks of models from outside of a `model!`.
    #[doc(hidden)]
    const FORM: Form = Form::OTHER;

    /// Returns `n` samples of zeros, whose sequences are empty.
    fn samples(n: usize) -> Vec<Self>;
    /// Returns a sample of zeros, whose sequences are empty.
    fn boxed() -> Box<Self>;
    /// Returns a sample of zeros by value, for a field of a struct with sequences.
    #[doc(hidden)]
    fn zero() -> Self {
        *Self::boxed()
    }
    /// Returns the number of rows of a part: 1 for an array.
    fn rows(&self, part: usize) -> usize;
    /// Sets the number of rows of a part that is a sequence.
    fn resize(&mut self, part: usize, rows: usize);
    /// Returns the numbers of a part. A struct may hold both element types in one buffer; it returns the bits of the other.
    fn part(&self, part: usize) -> &[Self::Element];
    /// Returns the numbers of a part for writing.
    fn part_mut(&mut self, part: usize) -> &mut [Self::Element];
    /// Returns the items of the sample; those of a struct with sequences are not accessible.
    fn items(&self) -> &[Self::Row];
    /// Returns the numbers of all samples if they lie packed already.
    fn packed(samples: &[Self]) -> Option<&[Self::Element]> {
        let _ = samples;
        None
    }
    /// Returns the numbers of all samples for writing, as [`Pack::packed`].
    fn packed_mut(samples: &mut [Self]) -> Option<&mut [Self::Element]> {
        let _ = samples;
        None
    }
}

impl<T: Pod> Pack for T {
    type Element = T::Element;
    type Row = T;
    type Like<U: Pod> = U;
    const PARTS: &'static [Part] = parts_of(&Arrays::<T>::PARTS, <T as Pod>::PARTS.len());
    const FORM: Form = <T as Pod>::FORM;

    fn samples(n: usize) -> Vec<T> {
        zeroed_vec(n)
    }
    fn boxed() -> Box<T> {
        zeroed_box()
    }
    fn rows(&self, _: usize) -> usize {
        1
    }
    fn resize(&mut self, _: usize, _: usize) {}
    fn part(&self, part: usize) -> &[T::Element] {
        let start = <T as Pod>::PARTS[..part].iter().sum();
        &flat(slice::from_ref(self))[start..][..<T as Pod>::PARTS[part]]
    }
    fn part_mut(&mut self, part: usize) -> &mut [T::Element] {
        let start = <T as Pod>::PARTS[..part].iter().sum();
        &mut flat_mut(slice::from_mut(self))[start..][..<T as Pod>::PARTS[part]]
    }
    fn items(&self) -> &[T] {
        slice::from_ref(self)
    }
    fn packed(samples: &[T]) -> Option<&[T::Element]> {
        // The parts of a single sample lie one after another.
        (<T as Pod>::PARTS.len() == 1 || samples.len() == 1).then(|| flat(samples))
    }
    fn packed_mut(samples: &mut [T]) -> Option<&mut [T::Element]> {
        (<T as Pod>::PARTS.len() == 1 || samples.len() == 1).then(|| flat_mut(samples))
    }
}

/// The most parts of a struct.
const MOST: usize = 64;

/// The parts of a type without sequences.
struct Arrays<T>(T);
impl<T: Pod> Arrays<T> {
    const PARTS: [Part; MOST] = {
        let mut parts = [Part { len: 0, sequence: false }; MOST];
        let mut i = 0;
        assert!(<T as Pod>::PARTS.len() <= MOST, "a struct of so many values");
        while i < <T as Pod>::PARTS.len() {
            parts[i].len = <T as Pod>::PARTS[i];
            i += 1;
        }
        parts
    };
}
const fn parts_of(all: &'static [Part; MOST], len: usize) -> &'static [Part] {
    all.split_at(len).0
}

impl<T: Pod> Pack for Vec<T> {
    type Element = T::Element;
    type Row = T;
    type Like<U: Pod> = Vec<U>;
    const PARTS: &'static [Part] = &[Part { len: T::LEN, sequence: true }];
    const FORM: Form = <T as Pod>::FORM.of_rows();

    fn samples(n: usize) -> Vec<Self> {
        (0..n).map(|_| Vec::new()).collect()
    }
    fn boxed() -> Box<Self> {
        Box::default()
    }
    fn rows(&self, _: usize) -> usize {
        self.len()
    }
    fn resize(&mut self, _: usize, rows: usize) {
        self.truncate(rows);
        let more = rows - self.len();
        if more > 0 {
            self.append(&mut zeroed_vec(more));
        }
    }
    fn part(&self, _: usize) -> &[T::Element] {
        flat(self)
    }
    fn part_mut(&mut self, _: usize) -> &mut [T::Element] {
        flat_mut(self)
    }
    fn items(&self) -> &[T] {
        self
    }
}

/// Returns the number of sequences among the parts of a sample.
pub const fn sequences<S: Pack>() -> usize {
    let (mut count, mut i) = (0, 0);
    while i < S::PARTS.len() {
        count += S::PARTS[i].sequence as usize;
        i += 1;
    }
    count
}

/// Returns the number of rows of the sequence of a sample with this index among its sequences.
pub fn rows_of<S: Pack>(sample: &S, sequence: usize) -> usize {
    let mut sequences = S::PARTS.iter().enumerate().filter(|(_, part)| part.sequence);
    sequences.nth(sequence).map_or(0, |(part, _)| sample.rows(part))
}
