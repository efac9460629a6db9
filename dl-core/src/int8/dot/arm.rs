//! For Cortex-M processors with the DSP extension (M4, M7): two products of 16-bit halves an instruction. Rust has no stable functions for
//! these instructions, so they are written as assembly.

use core::arch::asm;

/// Returns bytes 0 and 2 of a word as 16-bit numbers.
#[inline(always)]
fn even(word: u32) -> u32 {
    let halves;
    // SAFETY: the instruction only computes.
    unsafe { asm!("sxtb16 {}, {}", lateout(reg) halves, in(reg) word, options(pure, nomem, nostack, preserves_flags)) };
    halves
}

/// Returns bytes 1 and 3 of a word as 16-bit numbers.
#[inline(always)]
fn odd(word: u32) -> u32 {
    let halves;
    // SAFETY: the instruction only computes.
    unsafe {
        asm!("sxtb16 {}, {}, ror #8", lateout(reg) halves, in(reg) word, options(pure, nomem, nostack, preserves_flags));
    }
    halves
}

/// Returns `sum` plus the products of the halves of `a` and `b`.
#[inline(always)]
fn add_products(a: u32, b: u32, sum: i32) -> i32 {
    let result;
    // SAFETY: the instruction only computes, but for the flag Q, which nothing reads.
    unsafe {
        asm!("smlad {}, {}, {}, {}", lateout(reg) result, in(reg) a, in(reg) b, in(reg) sum, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// Returns the sums of products of each row of weights with each column. All have the length of the first row.
#[inline]
pub fn products<const R: usize, const C: usize>(rows: [&[i8]; R], columns: [&[i8]; C]) -> [[i32; C]; R] {
    let n = rows[0].len();
    let (rows, columns) = (rows.map(|row| &row[..n]), columns.map(|column| &column[..n]));
    let mut sums = [[0_i32; C]; R];
    for i in 0..n / 4 {
        // SAFETY: word `i` lies in all slices, which have the length `n`; the processor reads words at any address.
        let word = |of: &[i8]| unsafe { of.as_ptr().cast::<u32>().add(i).read_unaligned() };
        let halves = |of: &[i8]| {
            let word = word(of);
            [even(word), odd(word)]
        };
        let w = rows.map(halves);
        for (c, column) in columns.iter().enumerate() {
            let x = halves(column);
            for (sums, w) in sums.iter_mut().zip(w) {
                sums[c] = add_products(w[1], x[1], add_products(w[0], x[0], sums[c]));
            }
        }
    }
    for i in n / 4 * 4..n {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let row = i32::from(row[i]);
            sums.iter_mut().zip(columns).for_each(|(sum, column)| *sum = sum.wrapping_add(row * i32::from(column[i])));
        }
    }
    sums
}
