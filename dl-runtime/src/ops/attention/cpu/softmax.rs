//! The softmax of scores, and its gradient, for 32 queries at a time, which are the columns of the scores.

use super::super::Drops;
use super::tile::CELL;
use crate::device::cpu::simd::{math, simd};
use crate::random::{GROUP, Purpose, words};
use std::ops::Range;

/// One number for each of 32 queries.
pub(super) type Lane = [f32; CELL];

/// The change of scores before the softmax.
#[derive(Clone, Copy)]
pub(super) struct Bias {
    /// The number by which a score is lowered for each row of distance.
    pub slope: f32,
    /// The position of the first query minus that of the first key.
    pub ahead: f32,
}

impl Bias {
    #[inline(always)]
    fn add(self, row: usize, scores: &mut Lane) {
        if self.slope == 0.0 {
            return;
        }
        for (column, score) in scores.iter_mut().enumerate() {
            *score -= self.slope * (self.ahead + column as f32 - row as f32).abs();
        }
    }
}

/// Borrows the 32 numbers of one row.
#[inline(always)]
fn lane(scores: &mut [f32], at: usize) -> &mut Lane {
    (&mut scores[at..at + CELL]).try_into().expect("32 numbers")
}

simd! {
    /// Turns rows of scores, `step` apart, into `exp(score - most)`. `seen` has the columns of each row that see its key; the others
    /// become 0. `most` and `sums` are updated, and the factor by which everything before is to be scaled is returned.
    pub(super) fn soften<S>(scores: &mut [f32], step: usize, bias: Bias, seen: &[Range<usize>], most: &mut Lane, sums: &mut Lane) -> Lane {
        let before = *most;
        for (row, seen) in seen.iter().enumerate() {
            let scores = lane(scores, row * step);
            bias.add(row, scores);
            hide(scores, seen, f32::NEG_INFINITY);
            for (most, score) in most.iter_mut().zip(scores) {
                *most = if *score > *most { *score } else { *most };
            }
        }
        // Without a score, any finite number makes every power of it 0.
        let mut from = *most;
        for from in &mut from {
            *from = if *from == f32::NEG_INFINITY { 0.0 } else { *from };
        }
        let mut factor = [0.0; CELL];
        for ((factor, before), from) in factor.iter_mut().zip(before).zip(from) {
            *factor = math::exp_flushed::<S>(before - from);
        }
        let mut sum = [0.0; CELL];
        for row in 0..seen.len() {
            let scores = lane(scores, row * step);
            for ((score, sum), from) in scores.iter_mut().zip(&mut sum).zip(from) {
                *score = math::exp_flushed::<S>(*score - from);
                *sum += *score;
            }
        }
        for ((all, sum), factor) in sums.iter_mut().zip(sum).zip(factor) {
            *all = S::mul_add(*all, factor, sum);
        }
        factor
    }

    /// Turns rows of scores into probabilities again, with the logarithms of the sums.
    pub(super) fn again<S>(scores: &mut [f32], step: usize, bias: Bias, seen: &[Range<usize>], logarithms: &Lane) {
        for (row, seen) in seen.iter().enumerate() {
            let scores = lane(scores, row * step);
            bias.add(row, scores);
            for (score, logarithm) in scores.iter_mut().zip(logarithms) {
                *score = math::exp_flushed::<S>(*score - logarithm);
            }
            hide(scores, seen, 0.0);
        }
    }

    /// Turns the gradients to probabilities into those to scores: `d = p·(d - delta)`, and 0 for what nobody sees.
    pub(super) fn backward<S>(p: &[f32], d: &mut [f32], step: usize, seen: &[Range<usize>], delta: &Lane) {
        for (row, seen) in seen.iter().enumerate() {
            let (p, d) = (&p[row * step..row * step + CELL], lane(d, row * step));
            for ((d, p), delta) in d.iter_mut().zip(p).zip(delta) {
                *d = p * (*d - delta);
            }
            hide(d, seen, 0.0);
        }
    }

    /// Multiplies rows by 0 where `drops` says so, and by its scale elsewhere. `first` is the group of the first four rows and 16
    /// columns, and `across` the number of groups from there to the next four rows; the first row is a multiple of 4.
    pub(super) fn drop<S>(drops: Drops, first: u64, across: u64, rows: usize, values: &mut [f32], step: usize) {
        for four in 0..rows.div_ceil(4) {
            for part in 0..2 {
                let words = words(drops.seed, drops.id, Purpose::AttentionDropout, first + four as u64 * across + part as u64);
                let factors = words.map(|word| if word >= drops.threshold { drops.scale } else { 0.0 });
                for (row, factors) in factors.chunks_exact(GROUP / 4).enumerate().take(rows - 4 * four) {
                    let at = (4 * four + row) * step + part * (GROUP / 4);
                    values[at..at + GROUP / 4].iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
                }
            }
        }
    }

    /// `to = logarithm` of the sums of `exp`, infinite for queries that see nothing.
    pub(super) fn logarithms<S>(most: &Lane, sums: &Lane, to: &mut Lane) {
        for ((to, most), sum) in to.iter_mut().zip(most).zip(sums) {
            *to = if *sum == 0.0 { f32::INFINITY } else { most + math::ln::<S>(*sum) };
        }
    }

    /// Scales rows of numbers, each by a factor of its own.
    pub(super) fn scale_rows<S>(values: &mut [f32], row: usize, factors: &[f32]) {
        for (values, factor) in values.chunks_exact_mut(row).zip(factors) {
            values.iter_mut().for_each(|value| *value *= factor);
        }
    }
}

/// Replaces what is outside `seen`.
#[inline(always)]
fn hide(values: &mut Lane, seen: &Range<usize>, by: f32) {
    if *seen != (0..CELL) {
        // Comparisons become a mask, where two calls of `fill` would cost as much as the rest of a row.
        let (start, end) = (seen.start as u32, seen.end as u32);
        for (column, value) in values.iter_mut().enumerate() {
            let column = column as u32;
            *value = if column >= start && column < end { *value } else { by };
        }
    }
}

/// Returns the group of [`drop`] for a key (a multiple of 4) and a query (a multiple of 16) of a head of a sample, and the number of
/// groups to the next four keys; `longest` are the most queries and the most keys of a sample.
pub(super) fn group(head: usize, key: usize, query: usize, longest: [usize; 2]) -> (u64, u64) {
    let (across, down) = (longest[0].div_ceil(GROUP / 4) as u64, longest[1].div_ceil(4) as u64);
    ((head as u64 * down + key as u64 / 4) * across + query as u64 / (GROUP as u64 / 4), across)
}
