//! Instruction sets as types, and their vector registers, for kernels that use registers explicitly (matrix products).

#![allow(clippy::needless_range_loop, reason = "iterators take closures, which would not be inlined into vector code")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// An instruction set. The methods of its types may only be called in code that is compiled for it: see `simd!`.
pub(crate) trait Simd: Copy + 'static {
    /// A register of `f32`.
    type F32: Vector;
    /// The same instruction set with registers of at most eight `f32`.
    type Narrow: Simd;
    /// The number of rows of the largest tile (two registers wide) of a matrix product whose sums fit into the
    /// registers.
    const TILE_ROWS: usize;
    /// `a · b + c`, rounded only once if the instruction exists.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// A register of `f32`.
pub(crate) trait Vector: Copy {
    /// The number of `f32` in a register.
    const LANES: usize;
    /// True if [`Vector::store_first`] is as fast as [`Vector::store`].
    const MASKS: bool = false;
    /// Sets every lane to `x`.
    fn splat(x: f32) -> Self;
    /// `self · b + c`.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Lanewise sum.
    fn add(self, b: Self) -> Self;
    /// Lanewise maximum; `b` if one of the two is NaN.
    fn max(self, b: Self) -> Self;
    /// Lanewise minimum; `b` if one of the two is NaN.
    fn min(self, b: Self) -> Self;
    /// Returns lanes 0, 2, 4, … of `self`, then those of `b`.
    fn evens(self, b: Self) -> Self;
    /// # Safety
    /// `LANES` values can be read.
    unsafe fn load(from: *const f32) -> Self;
    /// # Safety
    /// `LANES` values can be written.
    unsafe fn store(self, to: *mut f32);
    /// Loads the first `n` lanes (at most `LANES`) and sets the others to 0.
    ///
    /// # Safety
    /// `n` values can be read.
    unsafe fn load_first(from: *const f32, n: usize) -> Self;
    /// # Safety
    /// `n` values can be written.
    unsafe fn store_first(self, to: *mut f32, n: usize);
    /// Loads the lower half of the lanes and the upper half from different places.
    ///
    /// # Safety
    /// `LANES / 2` values can be read from each.
    #[inline(always)]
    unsafe fn load_halves(low: *const f32, high: *const f32) -> Self {
        let (mut lanes, half) = ([0.0_f32; 16], Self::LANES / 2);
        // SAFETY: the caller's contract; no register has more than sixteen lanes.
        unsafe {
            std::ptr::copy_nonoverlapping(low, lanes.as_mut_ptr(), half);
            std::ptr::copy_nonoverlapping(high, lanes.as_mut_ptr().add(half), half);
            Self::load(lanes.as_ptr())
        }
    }
    /// Stores the lower half of the lanes and the upper half to different places.
    ///
    /// # Safety
    /// `LANES / 2` values can be written to each.
    #[inline(always)]
    unsafe fn store_halves(self, low: *mut f32, high: *mut f32) {
        let (mut lanes, half) = ([0.0_f32; 16], Self::LANES / 2);
        // SAFETY: the caller's contract; no register has more than sixteen lanes.
        unsafe {
            self.store(lanes.as_mut_ptr());
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), low, half);
            std::ptr::copy_nonoverlapping(lanes.as_ptr().add(half), high, half);
        }
    }
    /// Returns the sum of the lanes, in a fixed order.
    fn sum(self) -> f32;
    /// Returns a register with the sum of the lanes of each of `LANES` registers, each in a fixed order.
    fn sums(registers: &[Self]) -> Self;
    /// Returns the largest lane; NaN only if all lanes are NaN.
    fn largest(self) -> f32;
    /// Writes the transpose of a block: `rows` (at most `LANES`) rows of `LANES` values, `stride` apart, become `LANES`
    /// rows of `rows` values, `to_stride` apart. If `whole`, `LANES` values are written to each row, with zeros after
    /// the first `rows`; rows are written in order, so a row may overwrite that tail of the one before.
    ///
    /// # Safety
    /// All of these values can be read and written.
    unsafe fn transpose(from: *const f32, stride: usize, rows: usize, to: *mut f32, to_stride: usize, whole: bool);
}

#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
use super::four::Four;
/// Four numbers in a row, where there are no registers for them.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
type Four = [f32; 4];

/// The instructions that every processor has.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

impl Simd for Baseline {
    type F32 = Four;
    type Narrow = Baseline;
    /// 64-bit Arm has 32 registers, the others 16.
    const TILE_ROWS: usize = if cfg!(target_arch = "aarch64") { 8 } else { 4 };
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { a * b + c }
    }
}

impl Vector for [f32; 4] {
    const LANES: usize = 4;
    #[inline(always)]
    fn splat(x: f32) -> Self {
        [x; 4]
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        std::array::from_fn(|i| Baseline::mul_add(self[i], b[i], c[i]))
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        std::array::from_fn(|i| self[i] + b[i])
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        std::array::from_fn(|i| if self[i] > b[i] { self[i] } else { b[i] })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        std::array::from_fn(|i| if self[i] < b[i] { self[i] } else { b[i] })
    }
    #[inline(always)]
    fn evens(self, b: Self) -> Self {
        [self[0], self[2], b[0], b[2]]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's contract.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's contract.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: the caller's contract.
        std::array::from_fn(|i| if i < n { unsafe { *from.add(i) } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        for (i, x) in self.into_iter().enumerate().take(n) {
            // SAFETY: the caller's contract.
            unsafe { *to.add(i) = x }
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, rows: usize, to: *mut f32, to_stride: usize, whole: bool) {
        for column in 0..Self::LANES {
            for row in 0..if whole { Self::LANES } else { rows } {
                // SAFETY: the caller's contract.
                unsafe {
                    *to.add(column * to_stride + row) = if row < rows { *from.add(row * stride + column) } else { 0.0 };
                }
            }
        }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        (self[0] + self[2]) + (self[1] + self[3])
    }
    #[inline(always)]
    fn sums(registers: &[Self]) -> Self {
        [registers[0].sum(), registers[1].sum(), registers[2].sum(), registers[3].sum()]
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        self.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

/// AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Simd for Avx2 {
    type F32 = __m256;
    type Narrow = Avx2;
    const TILE_ROWS: usize = 6;
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// A mask of the first `n` of eight lanes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first8(n: usize) -> __m256i {
    const MASK: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    let from = &MASK[8 - n.min(8)..][..8];
    // SAFETY: the slice has eight numbers; this is called in AVX2 code only.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// Stores the first `n` lanes. It copies them, since a masked store takes some 40 cycles on AMD processors before
/// AVX-512.
///
/// # Safety
/// The processor has AVX2, and `n` values can be written.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline(never)]
unsafe fn store_first8(x: __m256, to: *mut f32, n: usize) {
    let mut lanes = [0.0_f32; 8];
    // SAFETY: the caller's contract.
    unsafe {
        _mm256_storeu_ps(lanes.as_mut_ptr(), x);
        std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, n.min(8));
    }
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m256 {
    const LANES: usize = 8;
    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: this is called only in code compiled for AVX2 (`simd!`); the same holds below.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm256_fmadd_ps(self, b, c) }
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm256_add_ps(self, b) }
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm256_max_ps(self, b) }
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm256_min_ps(self, b) }
    }
    #[inline(always)]
    fn evens(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe {
            let pairs = _mm256_castps_pd(_mm256_shuffle_ps::<0x88>(self, b));
            _mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(pairs))
        }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see `splat`, and the caller's contract.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see `splat`, and the caller's contract.
        unsafe { _mm256_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: see `splat`; lanes that are masked out are not read.
        unsafe { _mm256_maskload_ps(from, first8(n)) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: see `splat`; lanes that are masked out are not written.
        unsafe { store_first8(self, to, n) }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: see `splat`.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(self), _mm256_extractf128_ps::<1>(self));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
    #[inline(always)]
    fn sums(registers: &[Self]) -> Self {
        // SAFETY: see `splat`.
        unsafe {
            let mut fours = [Self::splat(0.0); 2];
            for i in 0..2 {
                let r = &registers[4 * i..][..4];
                let ab = _mm256_add_ps(_mm256_unpacklo_ps(r[0], r[1]), _mm256_unpackhi_ps(r[0], r[1]));
                let cd = _mm256_add_ps(_mm256_unpacklo_ps(r[2], r[3]), _mm256_unpackhi_ps(r[2], r[3]));
                fours[i] = _mm256_add_ps(_mm256_shuffle_ps::<0x44>(ab, cd), _mm256_shuffle_ps::<0xee>(ab, cd));
            }
            let low = _mm256_permute2f128_ps::<0x20>(fours[0], fours[1]);
            _mm256_add_ps(low, _mm256_permute2f128_ps::<0x31>(fours[0], fours[1]))
        }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: see `splat`.
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(self), _mm256_extractf128_ps::<1>(self));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, rows: usize, to: *mut f32, to_stride: usize, whole: bool) {
        // SAFETY: see `splat`, and the caller's contract. It uses loops, since closures would not be inlined.
        unsafe {
            let mut a = [Self::splat(0.0); 8];
            for i in 0..8 {
                if i < rows {
                    a[i] = Self::load(from.add(i * stride));
                }
            }
            // First pairs of rows are interleaved, then pairs of pairs within each half, then the halves are exchanged.
            let mut b = a;
            for i in 0..4 {
                b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
                b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
            }
            for i in 0..2 {
                a[4 * i] = _mm256_shuffle_ps::<0x44>(b[4 * i], b[4 * i + 2]);
                a[4 * i + 1] = _mm256_shuffle_ps::<0xee>(b[4 * i], b[4 * i + 2]);
                a[4 * i + 2] = _mm256_shuffle_ps::<0x44>(b[4 * i + 1], b[4 * i + 3]);
                a[4 * i + 3] = _mm256_shuffle_ps::<0xee>(b[4 * i + 1], b[4 * i + 3]);
            }
            for i in 0..4 {
                b[i] = _mm256_permute2f128_ps::<0x20>(a[i], a[i + 4]);
                b[i + 4] = _mm256_permute2f128_ps::<0x31>(a[i], a[i + 4]);
            }
            for i in 0..8 {
                let to = to.add(i * to_stride);
                if whole { b[i].store(to) } else { b[i].store_first(to, rows) }
            }
        }
    }
}

/// AVX-512 F, VL, BW and DQ.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Simd for Avx512 {
    type F32 = __m512;
    type Narrow = Avx2;
    const TILE_ROWS: usize = 14;
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// A mask of the first `n` of sixteen lanes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first16(n: usize) -> __mmask16 {
    ((1_u32 << n.min(16)) - 1) as u16
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m512 {
    const LANES: usize = 16;
    const MASKS: bool = true;
    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: this is called only in code compiled for AVX-512 (`simd!`); the same holds below.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm512_fmadd_ps(self, b, c) }
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm512_add_ps(self, b) }
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm512_max_ps(self, b) }
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe { _mm512_min_ps(self, b) }
    }
    #[inline(always)]
    fn evens(self, b: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe {
            let positions = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            _mm512_permutex2var_ps(self, positions, b)
        }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see `splat`, and the caller's contract.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see `splat`, and the caller's contract.
        unsafe { _mm512_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: see `splat`; lanes that are masked out are not read.
        unsafe { _mm512_maskz_loadu_ps(first16(n), from) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: see `splat`; lanes that are masked out are not written.
        unsafe { _mm512_mask_storeu_ps(to, first16(n), self) }
    }
    #[inline(always)]
    unsafe fn load_halves(low: *const f32, high: *const f32) -> Self {
        // SAFETY: see `splat`, and the caller's contract.
        unsafe {
            let low = _mm512_castps256_ps512(_mm256_loadu_ps(low));
            _mm512_insertf32x8::<1>(low, _mm256_loadu_ps(high))
        }
    }
    #[inline(always)]
    unsafe fn store_halves(self, low: *mut f32, high: *mut f32) {
        // SAFETY: see `splat`, and the caller's contract.
        unsafe {
            _mm256_storeu_ps(low, _mm512_castps512_ps256(self));
            _mm256_storeu_ps(high, _mm512_extractf32x8_ps::<1>(self));
        }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: see `splat`.
        unsafe {
            let high = _mm512_extractf32x8_ps::<1>(self);
            Vector::sum(_mm256_add_ps(_mm512_castps512_ps256(self), high))
        }
    }
    #[inline(always)]
    fn sums(registers: &[Self]) -> Self {
        // SAFETY: see `splat`.
        unsafe {
            // Every four registers become one, with their sums over each quarter side by side.
            let mut fours = [Self::splat(0.0); 4];
            for i in 0..4 {
                let r = &registers[4 * i..][..4];
                let ab = _mm512_add_ps(_mm512_unpacklo_ps(r[0], r[1]), _mm512_unpackhi_ps(r[0], r[1]));
                let cd = _mm512_add_ps(_mm512_unpacklo_ps(r[2], r[3]), _mm512_unpackhi_ps(r[2], r[3]));
                fours[i] = _mm512_add_ps(_mm512_shuffle_ps::<0x44>(ab, cd), _mm512_shuffle_ps::<0xee>(ab, cd));
            }
            let [a, b, c, d] = fours;
            let ab = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
            let cd = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d));
            _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(ab, cd), _mm512_shuffle_f32x4::<0xdd>(ab, cd))
        }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: see `splat`.
        unsafe {
            let high = _mm512_extractf32x8_ps::<1>(self);
            Vector::largest(_mm256_max_ps(_mm512_castps512_ps256(self), high))
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, rows: usize, to: *mut f32, to_stride: usize, whole: bool) {
        // SAFETY: see `splat`, and the caller's contract. It uses loops, since closures would not be inlined.
        unsafe {
            let mut a = [Self::splat(0.0); 16];
            for i in 0..16 {
                if i < rows {
                    a[i] = Self::load(from.add(i * stride));
                }
            }
            // First pairs of rows, then groups of four: a[4 g + c] holds columns c, c + 4, c + 8, c + 12 of rows 4 g to
            // 4 g + 3.
            let mut b = a;
            for i in 0..8 {
                b[2 * i] = _mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]);
                b[2 * i + 1] = _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]);
            }
            for i in 0..4 {
                a[4 * i] = _mm512_shuffle_ps::<0x44>(b[4 * i], b[4 * i + 2]);
                a[4 * i + 1] = _mm512_shuffle_ps::<0xee>(b[4 * i], b[4 * i + 2]);
                a[4 * i + 2] = _mm512_shuffle_ps::<0x44>(b[4 * i + 1], b[4 * i + 3]);
                a[4 * i + 3] = _mm512_shuffle_ps::<0xee>(b[4 * i + 1], b[4 * i + 3]);
            }
            // Then quarters of registers are exchanged, in two rounds.
            for c in 0..4 {
                let even = _mm512_shuffle_f32x4::<0x88>(a[c], a[4 + c]);
                let odd = _mm512_shuffle_f32x4::<0xdd>(a[c], a[4 + c]);
                let even_high = _mm512_shuffle_f32x4::<0x88>(a[8 + c], a[12 + c]);
                let odd_high = _mm512_shuffle_f32x4::<0xdd>(a[8 + c], a[12 + c]);
                b[c] = _mm512_shuffle_f32x4::<0x88>(even, even_high);
                b[4 + c] = _mm512_shuffle_f32x4::<0x88>(odd, odd_high);
                b[8 + c] = _mm512_shuffle_f32x4::<0xdd>(even, even_high);
                b[12 + c] = _mm512_shuffle_f32x4::<0xdd>(odd, odd_high);
            }
            for i in 0..16 {
                let to = to.add(i * to_stride);
                if whole { b[i].store(to) } else { b[i].store_first(to, rows) }
            }
        }
    }
}
