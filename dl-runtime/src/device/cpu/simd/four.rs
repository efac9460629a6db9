//! Registers of four `f32`: those that every processor of x86-64 and of 64-bit Arm (NEON) has, and those of WebAssembly with `simd128`. They give
//! the same bits as arrays of four numbers, which other targets use.

use super::vector::Vector;

/// Four numbers and the functions on them that differ from target to target. Every processor of the target has the instructions.
#[cfg(target_arch = "x86_64")]
mod native {
    use std::arch::x86_64::*;

    pub(crate) type Four = __m128;

    #[inline(always)]
    pub(super) fn splat(x: f32) -> Four {
        // SAFETY: x86-64 has SSE2; the same holds below.
        unsafe { _mm_set1_ps(x) }
    }
    #[inline(always)]
    pub(super) fn mul_add(a: Four, b: Four, c: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { _mm_add_ps(_mm_mul_ps(a, b), c) }
    }
    #[inline(always)]
    pub(super) fn add(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { _mm_add_ps(a, b) }
    }
    #[inline(always)]
    pub(super) fn max(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { _mm_max_ps(a, b) }
    }
    #[inline(always)]
    pub(super) fn min(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { _mm_min_ps(a, b) }
    }
    /// Lanes 0 and 1 of both, in turn.
    #[inline(always)]
    pub(super) fn low(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { _mm_unpacklo_ps(a, b) }
    }
    /// Lanes 2 and 3 of both, in turn.
    #[inline(always)]
    pub(super) fn high(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { _mm_unpackhi_ps(a, b) }
    }
}

/// Four numbers and the functions on them that differ from target to target. Every processor of the target has the instructions.
#[cfg(target_arch = "wasm32")]
mod native {
    use std::arch::wasm32::*;

    pub(crate) type Four = v128;

    pub(super) use std::arch::wasm32::{f32x4_add as add, f32x4_splat as splat};

    #[inline(always)]
    pub(super) fn mul_add(a: Four, b: Four, c: Four) -> Four {
        f32x4_add(f32x4_mul(a, b), c)
    }
    #[inline(always)]
    pub(super) fn max(a: Four, b: Four) -> Four {
        // The second if one of the two is NaN, as the instruction of x86-64 has it.
        f32x4_pmax(b, a)
    }
    #[inline(always)]
    pub(super) fn min(a: Four, b: Four) -> Four {
        f32x4_pmin(b, a)
    }
    /// Lanes 0 and 1 of both, in turn.
    #[inline(always)]
    pub(super) fn low(a: Four, b: Four) -> Four {
        i32x4_shuffle::<0, 4, 1, 5>(a, b)
    }
    /// Lanes 2 and 3 of both, in turn.
    #[inline(always)]
    pub(super) fn high(a: Four, b: Four) -> Four {
        i32x4_shuffle::<2, 6, 3, 7>(a, b)
    }
}

/// Four numbers and the functions on them that differ from target to target. Every processor of the target has the instructions.
#[cfg(target_arch = "aarch64")]
mod native {
    use std::arch::aarch64::*;

    pub(crate) type Four = float32x4_t;

    #[inline(always)]
    pub(super) fn splat(x: f32) -> Four {
        // SAFETY: 64-bit Arm has NEON; the same holds below.
        unsafe { vdupq_n_f32(x) }
    }
    /// In one instruction with one rounding, as `f32::mul_add` on this target.
    #[inline(always)]
    pub(super) fn mul_add(a: Four, b: Four, c: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    pub(super) fn add(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    pub(super) fn max(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`. The second if one of the two is NaN, as the instruction of x86-64 has it.
        unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) }
    }
    #[inline(always)]
    pub(super) fn min(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { vbslq_f32(vcltq_f32(a, b), a, b) }
    }
    /// Lanes 0 and 1 of both, in turn.
    #[inline(always)]
    pub(super) fn low(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { vzip1q_f32(a, b) }
    }
    /// Lanes 2 and 3 of both, in turn.
    #[inline(always)]
    pub(super) fn high(a: Four, b: Four) -> Four {
        // SAFETY: see `splat`.
        unsafe { vzip2q_f32(a, b) }
    }
}

pub(crate) use native::Four;
use native::{add, high, low, max, min, mul_add, splat};

/// Turns rows into columns.
#[inline(always)]
fn transposed([a, b, c, d]: [Four; 4]) -> [Four; 4] {
    let (even, odd) = ([low(a, c), high(a, c)], [low(b, d), high(b, d)]);
    [low(even[0], odd[0]), high(even[0], odd[0]), low(even[1], odd[1]), high(even[1], odd[1])]
}

#[inline(always)]
fn array(x: Four) -> [f32; 4] {
    let mut lanes = [0.0; 4];
    // SAFETY: the array has four numbers.
    unsafe { x.store(lanes.as_mut_ptr()) };
    lanes
}

impl Vector for Four {
    const LANES: usize = 4;
    #[inline(always)]
    fn splat(x: f32) -> Self {
        splat(x)
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        mul_add(self, b, c)
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        add(self, b)
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        max(self, b)
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        min(self, b)
    }
    #[inline(always)]
    fn evens(self, b: Self) -> Self {
        let (low, high) = (low(self, b), high(self, b));
        let [a, b] = [array(low), array(high)];
        // SAFETY: the array has four numbers.
        unsafe { Self::load([a[0], b[0], a[1], b[1]].as_ptr()) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's contract.
        unsafe { from.cast::<Self>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's contract.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: the caller's contract.
        unsafe { if n == 4 { Self::load(from) } else { Self::load(<[f32; 4]>::load_first(from, n).as_ptr()) } }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: the caller's contract.
        unsafe { if n == 4 { self.store(to) } else { array(self).store_first(to, n) } }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        array(self).sum()
    }
    #[inline(always)]
    fn sums(registers: &[Self]) -> Self {
        let [a, b, c, d] = transposed([registers[0], registers[1], registers[2], registers[3]]);
        add(add(a, c), add(b, d))
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        array(self).largest()
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, rows: usize, to: *mut f32, to_stride: usize, whole: bool) {
        // SAFETY: the caller's contract.
        unsafe {
            let row = |i| if i < rows { Self::load(from.add(i * stride)) } else { splat(0.0) };
            let columns = transposed([row(0), row(1), row(2), row(3)]);
            for (i, column) in columns.into_iter().enumerate() {
                column.store_first(to.add(i * to_stride), if whole { 4 } else { rows });
            }
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    const X: [f32; 4] = [1.0, f32::NAN, -3.0, 0.1];
    const Y: [f32; 4] = [2.0, 5.0, f32::NAN, 0.7];

    fn four(x: [f32; 4]) -> Four {
        // SAFETY: the array has four numbers.
        unsafe { Four::load(x.as_ptr()) }
    }

    fn same(found: Four, expected: [f32; 4]) {
        let bits = |x: f32| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() };
        assert_eq!(array(found).map(bits), expected.map(bits), "{:?} {expected:?}", array(found));
    }

    #[test]
    fn registers_give_the_bits_of_arrays() {
        let (x, y) = (four(X), four(Y));
        same(Vector::mul_add(x, y, x), std::array::from_fn(|i| X[i] * Y[i] + X[i]));
        same(Vector::max(x, y), Vector::max(X, Y));
        same(Vector::evens(x, y), X.evens(Y));
        same(Four::sums(&[x, y, y, x]), Vector::sums(&[X, Y, Y, X]));
        assert_eq!((y.largest(), x.largest()), (Y.largest(), X.largest()));
    }

    #[test]
    fn blocks_of_any_size_are_transposed() {
        let from: Vec<f32> = (0..40).map(|i| i as f32).collect();
        for rows in 1..=4 {
            for whole in [false, true] {
                let mut to = [[-1.0; 20]; 2];
                // SAFETY: four rows of four numbers, 7 apart, are inside `from`, and their transpose, 5 apart, inside `to`.
                unsafe {
                    Four::transpose(from.as_ptr(), 7, rows, to[0].as_mut_ptr(), 5, whole);
                    <[f32; 4]>::transpose(from.as_ptr(), 7, rows, to[1].as_mut_ptr(), 5, whole);
                }
                assert_eq!(to[0], to[1]);
            }
        }
    }
}
