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

/// Writes the column of a window, in whole words, at position 0 or 1 to the memory of two columns. Four numbers become two words of 16-bit
/// halves, those with even and those with odd index; the words of both positions alternate.
#[inline]
pub fn pack(column: &[u32], position: usize, columns: &mut [u32]) {
    let columns = columns[..4 * column.len()].chunks_exact_mut(4);
    for (&word, to) in column.iter().zip(columns) {
        let [a, b, c, d] = to else { return };
        if position == 0 {
            (*a, *b) = (even(word), odd(word));
        } else {
            (*c, *d) = (even(word), odd(word));
        }
    }
}

/// Returns the sums of products of two rows of weights with two packed columns of `n` numbers. The rows may go on behind.
#[inline]
pub fn packed_products([w0, w1]: [&[i8]; 2], n: usize, columns: &[u32]) -> [[i32; 2]; 2] {
    // Columns have zeros behind their end, so that rows may be read in whole words.
    let words = if w0.len().min(w1.len()) >= n.next_multiple_of(4) { n.div_ceil(4) } else { n / 4 };
    let (w0, w1) = (&w0[..n.max(4 * words)], &w1[..n.max(4 * words)]);
    let columns = &columns[..4 * n.div_ceil(4)];
    let [mut s00, mut s01, mut s10, mut s11] = [0_i32; 4];
    if words > 0 {
        let from = columns.as_ptr();
        // SAFETY: the loop reads so many words of both rows and four times as many of the columns, which are that long; it only writes
        // registers, and leaves those as they were that no operand can name.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "2:",
                "ldr r8, [r0], #4",
                "ldr r9, [r1], #4",
                "sxtb16 r10, r8, ror #8",
                "sxtb16 r8, r8",
                "sxtb16 r11, r9, ror #8",
                "sxtb16 r9, r9",
                "ldrd r6, r7, [r2], #8",
                "smlad r4, r8, r6, r4",
                "smlad r5, r9, r6, r5",
                "smlad r4, r10, r7, r4",
                "smlad r5, r11, r7, r5",
                "ldrd r6, r7, [r2], #8",
                "smlad r12, r8, r6, r12",
                "smlad lr, r9, r6, lr",
                "smlad r12, r10, r7, r12",
                "smlad lr, r11, r7, lr",
                "cmp r2, r3",
                "bne 2b",
                "pop {{r6, r7}}",
                inout("r0") w0.as_ptr() => _,
                inout("r1") w1.as_ptr() => _,
                inout("r2") from => _,
                in("r3") from.add(4 * words),
                inout("r4") s00,
                inout("r5") s10,
                inout("r12") s01,
                inout("lr") s11,
                out("r8") _,
                out("r9") _,
                out("r10") _,
                out("r11") _,
                options(readonly),
            );
        }
    }
    let mut sums = [[s00, s01], [s10, s11]];
    if 4 * words < n {
        let last = |row: &[i8]| {
            let mut word = [0; 4];
            row[4 * words..].iter().zip(&mut word).for_each(|(from, to)| *to = *from as u8);
            let word = u32::from_le_bytes(word);
            [even(word), odd(word)]
        };
        let x = &columns[4 * words..];
        for (sums, row) in sums.iter_mut().zip([w0, w1]) {
            let [even, odd] = last(row);
            for (sum, x) in sums.iter_mut().zip(x.chunks_exact(2)) {
                *sum = add_products(odd, x[1], add_products(even, x[0], *sum));
            }
        }
    }
    sums
}
