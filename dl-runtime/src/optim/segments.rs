//! Segments: the ranges of a model's flat memory that an optimizer treats alike, and how the CPU walks over them.

use crate::device::cpu::simd::simd;
use crate::{Role, Tensors};
use std::ops::Range;

/// Numbers side by side whose role is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first number.
    pub start: usize,
    /// Behind the last number.
    pub end: usize,
    /// [`Role::Weight`], [`Role::Bias`] (and what else is trained without decay), or [`Role::Statistic`].
    pub role: Role,
}

/// The segments of a model, in memory order; neighbours that are treated alike are one.
pub fn segments(tensors: Tensors) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for tensor in tensors.iter() {
        let start = tensor.offset / size_of::<f32>();
        let end = start + tensor.len();
        let role = match tensor.role {
            Role::Weight | Role::Statistic => tensor.role,
            _ => Role::Bias,
        };
        match segments.last_mut() {
            Some(last) if last.role == role && last.end == start => last.end = end,
            _ => segments.push(Segment { start, end, role }),
        }
    }
    segments
}

/// Numbers in one task: 64 KB of each buffer, whatever the number of threads.
pub(super) const BLOCK: usize = 16 * 1024;

/// The parts of block number `block`, relative to its start, with their roles.
pub(super) fn parts(segments: &[Segment], block: usize) -> impl Iterator<Item = (Range<usize>, Role)> {
    let (from, to) = (block * BLOCK, (block + 1) * BLOCK);
    let first = segments.partition_point(|s| s.end <= from);
    let overlapping = segments[first..].iter().take_while(move |s| s.start < to);
    overlapping.map(move |s| (s.start.max(from) - from..s.end.min(to) - from, s.role))
}

/// Whether all bits of the exponent are set: infinity or not a number. Vectorises where `f32::is_finite` does not.
#[inline(always)]
pub(super) fn not_finite(x: f32) -> bool {
    x.to_bits() & 0x7F80_0000 == 0x7F80_0000
}

simd! {
    /// `w -= g`: statistics take what was measured. Whether some result is not finite.
    pub(super) fn subtract<S>(w: &mut [f32], g: &[f32]) -> bool {
        let mut bad = false;
        for (w, g) in w.iter_mut().zip(g) {
            *w -= *g;
            bad |= not_finite(*w);
        }
        bad
    }
}
