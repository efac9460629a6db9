//! Memory for the values between layers, whose sizes rustc knows.

use crate::Pod;
use core::mem::MaybeUninit;

/// Memory that begins with zeros.
#[doc(hidden)]
pub trait Zeroed {
    const ZERO: Self;
}
impl Zeroed for () {
    const ZERO: Self = ();
}
impl<A: Zeroed, B: Zeroed> Zeroed for (A, B) {
    const ZERO: Self = (A::ZERO, B::ZERO);
}
impl Zeroed for f32 {
    const ZERO: Self = 0.0;
}
impl<T: Zeroed, const N: usize> Zeroed for [T; N] {
    const ZERO: Self = [const { T::ZERO }; N];
}

/// Memory for one value at a time, each at most as large as `T`.
#[doc(hidden)]
#[repr(C, align(4))]
pub struct Buffer<T>(T);

impl<T: Pod> Zeroed for Buffer<T> {
    // SAFETY: zeroed memory is a value of a `Pod` type.
    const ZERO: Self = Buffer(unsafe { MaybeUninit::zeroed().assume_init() });
}

impl<T: Pod> Buffer<T> {
    /// Returns the value in the buffer.
    #[inline]
    pub fn read<U: Pod>(&self) -> &U {
        assert!(size_of::<U>() <= size_of::<T>() && align_of::<U>() <= align_of::<Self>());
        // SAFETY: the memory is large enough and initialised, and all bits are values of `U`.
        unsafe { &*core::ptr::from_ref(&self.0).cast() }
    }
    /// Returns the buffer for writing a value.
    #[inline]
    pub fn write<U: Pod>(&mut self) -> &mut U {
        assert!(size_of::<U>() <= size_of::<T>() && align_of::<U>() <= align_of::<Self>());
        // SAFETY: as in `read`, and the borrow is the only one.
        unsafe { &mut *core::ptr::from_mut(&mut self.0).cast() }
    }
}

/// The memory of the larger of two values, where only rustc knows which that is.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[repr(C)]
pub union Larger<A: Copy, B: Copy> {
    a: A,
    b: B,
}

// SAFETY: it consists of as many numbers as the larger of the two, and all bits are values of both.
unsafe impl<A: Pod + Copy, B: Pod<Element = A::Element> + Copy> Pod for Larger<A, B> {
    type Element = A::Element;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_holds_values_of_several_types() {
        let mut buffer = Buffer::<Larger<[f32; 6], [[f32; 2]; 2]>>::ZERO;
        assert_eq!(size_of_val(&buffer), 24);
        assert_eq!(buffer.read::<[f32; 6]>(), &[0.0; 6]);
        *buffer.write::<[[f32; 2]; 2]>() = [[1.0, 2.0], [3.0, 4.0]];
        assert_eq!(buffer.read::<[f32; 6]>(), &[1.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic]
    fn a_buffer_holds_nothing_larger() {
        Buffer::<[f32; 2]>::ZERO.read::<[f32; 3]>();
    }
}
