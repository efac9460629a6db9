//! Sums of products of int8 numbers with the instructions of x86-64: both factors become 16-bit numbers, whose products are exact.

use std::arch::x86_64::*;

/// Returns whether the processor has AVX-512 with the instructions for neural networks.
pub(super) fn has_vnni() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512vnni") && has!("avx512bw") && has!("avx512vl") && has!("avx512f")
}

/// Returns the sums of products of two rows of weights with each column.
///
/// # Safety
/// The processor has AVX2, and all slices have the same length.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn avx2<const C: usize>(rows: [&[i8]; 2], columns: [&[i8]; C]) -> [[i32; C]; 2] {
    let n = rows[0].len();
    let mut sums = [[_mm256_setzero_si256(); C]; 2];
    let mut i = 0;
    while i + 16 <= n {
        // SAFETY: 16 numbers from `i` on are in all slices.
        let wide = |of: &[i8]| unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(of.as_ptr().add(i).cast())) };
        let columns = columns.map(wide);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let row = wide(row);
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(row, column));
            }
        }
        i += 16;
    }
    if i + 8 <= n {
        // SAFETY: 8 numbers from `i` on are in all slices.
        let wide = |of: &[i8]| unsafe { _mm_cvtepi8_epi16(_mm_loadl_epi64(of.as_ptr().add(i).cast())) };
        for (sums, row) in sums.iter_mut().zip(rows) {
            for (sum, column) in sums.iter_mut().zip(columns) {
                let products = _mm_madd_epi16(wide(row), wide(column));
                *sum = _mm256_add_epi32(*sum, _mm256_zextsi128_si256(products));
            }
        }
        i += 8;
    }
    let mut result = sums.map(|sums| sums.map(|sum| sum_of_8(sum)));
    for i in i..n {
        for (sums, row) in result.iter_mut().zip(rows) {
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = sum.wrapping_add(i32::from(row[i]) * i32::from(column[i]));
            }
        }
    }
    result
}

/// Returns the sum of eight numbers.
#[target_feature(enable = "avx2")]
fn sum_of_8(x: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b_01_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b_10_11_00_01>(two)))
}

/// Does the same as [`avx2`], 32 numbers at a time.
///
/// # Safety
/// [`has_vnni`], and all slices have the same length.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) unsafe fn vnni<const C: usize>(rows: [&[i8]; 2], columns: [&[i8]; C]) -> [[i32; C]; 2] {
    let n = rows[0].len();
    let mut sums = [[_mm512_setzero_si512(); C]; 2];
    for i in (0..n).step_by(32) {
        let mask = if n - i >= 32 { u32::MAX } else { (1 << (n - i)) - 1 };
        // SAFETY: the mask leaves out what is behind the end of the slices.
        let wide = |of: &[i8]| unsafe { _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, of.as_ptr().add(i))) };
        let columns = columns.map(wide);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let row = wide(row);
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = _mm512_dpwssd_epi32(*sum, row, column);
            }
        }
    }
    sums.map(|sums| sums.map(|sum| _mm512_reduce_add_epi32(sum)))
}
