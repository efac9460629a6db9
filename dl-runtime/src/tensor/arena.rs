//! Arenas: memory of values that are read only while one pass runs. Copies in a stack, and models side by side, use the same arena one after
//! another, whereas each has memory of its own for what it keeps from the forward to the backward pass.

use super::{Pod, Storage, View, ViewMut};

/// Slots begin at multiples of so many floats, as kernels read several at once, and cuBLASLt likes 256 bytes.
const ALIGNMENT: usize = 64;

/// The size of an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArenaSize {
    /// The number of slots.
    pub slots: usize,
    /// The number of `f32` for each sample.
    pub of_sample: usize,
    /// The number of `f32` for each row of the sequences.
    pub of_row: usize,
}

impl ArenaSize {
    /// No memory: the size for a model without a `checkpoint`.
    pub const NONE: ArenaSize = ArenaSize { slots: 0, of_sample: 0, of_row: 0 };

    /// Returns the size for two users at the same time.
    #[must_use]
    pub const fn and(self, other: ArenaSize) -> ArenaSize {
        ArenaSize {
            slots: self.slots + other.slots,
            of_sample: self.of_sample + other.of_sample,
            of_row: self.of_row + other.of_row,
        }
    }
    /// Returns the size for two users, one after the other.
    #[must_use]
    pub const fn or(self, other: ArenaSize) -> ArenaSize {
        const fn most(a: usize, b: usize) -> usize {
            if a > b { a } else { b }
        }
        ArenaSize {
            slots: most(self.slots, other.slots),
            of_sample: most(self.of_sample, other.of_sample),
            of_row: most(self.of_row, other.of_row),
        }
    }
    /// Returns the number of `f32` for one sample with one row.
    pub const fn floats(self) -> usize {
        self.of_sample + self.of_row
    }
    /// Returns the number of `f32` for `samples` samples with `rows` rows in all.
    pub(super) fn len(self, samples: usize, rows: usize) -> usize {
        samples * self.of_sample + rows * self.of_row + self.slots * ALIGNMENT
    }
}

/// A borrowed arena, from whose beginning slots have been taken.
pub struct Arena<'a, D: Storage> {
    /// `None` only while a slot is taken.
    rest: Option<D::Mut<'a, f32>>,
}

impl<'a, D: Storage> Arena<'a, D> {
    /// Borrows memory as an arena.
    pub fn new(memory: D::Mut<'a, f32>) -> Self {
        Arena { rest: Some(memory) }
    }
    /// Takes a slot of `floats` elements.
    ///
    /// # Panics
    /// Panics if the slots are larger than the arena.
    pub fn take(&mut self, floats: usize) -> Slot<'a, D> {
        let rest = self.rest.take().expect("put back below");
        let (data, rest) = D::split_mut(rest, floats.next_multiple_of(ALIGNMENT));
        self.rest = Some(rest);
        Slot { data }
    }
    /// Borrows what is left, for a model inside this one.
    pub fn rest(&mut self) -> Arena<'_, D> {
        Arena { rest: self.rest.as_mut().map(D::reborrow) }
    }
}

/// A part of an arena, for one value at a time, as a [`Workspace`](super::Workspace).
pub struct Slot<'a, D: Storage> {
    data: D::Mut<'a, f32>,
}

impl<D: Storage> Slot<'_, D> {
    /// Borrows the slot to read the first `items` values, whose type must be the one that was written last.
    pub fn read<T: Pod>(&self, items: usize) -> View<'_, D, T> {
        View::new(D::reinterpret(D::share(&self.data)), items)
    }
    /// Borrows the slot to write `items` values of any type that fits.
    pub fn write<T: Pod>(&mut self, items: usize) -> ViewMut<'_, D, T> {
        ViewMut::new(D::reinterpret_mut(D::reborrow(&mut self.data)), items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Allocator, Cpu};

    #[test]
    fn slots_are_apart_and_the_rest_goes_to_models_inside() {
        let (own, inside) =
            (ArenaSize { slots: 2, of_sample: 3, of_row: 5 }, ArenaSize { slots: 1, of_sample: 1, of_row: 7 });
        assert_eq!(own.or(inside), ArenaSize { slots: 2, of_sample: 3, of_row: 7 });
        assert_eq!(own.and(inside).floats(), 16);
        let capacity = crate::tensor::Capacity { samples: 2, rows: 9 };
        let mut memory =
            Allocator::allocate(&Cpu::new(), capacity, |allocator| allocator.arena(own.and(inside))).unwrap();
        let mut arena = Arena::<Cpu>::new(memory.data_mut());
        let (mut of_samples, mut of_rows) = (arena.take(2 * 3), arena.take(9 * 5));
        let mut rest = arena.rest();
        let mut inner = rest.take(9 * 7);
        of_samples.write::<[f32; 3]>(2).into_data().fill(1.0);
        of_rows.write::<[f32; 5]>(9).into_data().fill(2.0);
        inner.write::<[f32; 7]>(9).into_data().fill(3.0);
        assert_eq!(of_samples.read::<[f32; 3]>(2).data(), [1.0; 6]);
        assert_eq!(of_rows.read::<[f32; 5]>(9).data(), [2.0; 45]);
        assert_eq!(inner.read::<[f32; 7]>(9).data(), [3.0; 63]);
    }
}
