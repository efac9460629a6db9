//! Segments, the ranges of a model's flat memory that an optimizer treats alike.

use crate::tensor::Storage;
use crate::{Result, Role, TensorInfo};
use std::ops::Range;

/// A range of numbers with the same role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The index of the first number.
    pub start: usize,
    /// The index behind the last number.
    pub end: usize,
    /// [`Role::Weight`], [`Role::Bias`] for everything else that is trained, or [`Role::Statistic`] for what is not.
    pub role: Role,
}

/// Returns the segments of tensors in memory order. Neighbouring tensors of the same role are one segment.
pub fn segments(tensors: impl IntoIterator<Item = TensorInfo>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for tensor in tensors {
        let Range { start, end } = tensor.range();
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

/// The segments of a model on a device.
pub struct Segments<D: Storage> {
    /// The segments, in memory order.
    pub list: Vec<Segment>,
    /// The role of each number in two bits, from the lowest bits of the first word on: 0 is [`Role::Weight`], 1 is
    /// [`Role::Bias`], 2 is [`Role::Statistic`]. It is empty on devices that read the list.
    pub roles: D::Buffer<u32>,
}

impl<D: Storage> Segments<D> {
    /// The number of roles in a word of [`Segments::roles`].
    const PER_WORD: usize = 16;

    /// Copies these segments to `device`.
    ///
    /// # Errors
    /// Returns the device's error if its memory is full.
    pub fn on(device: &D, list: &[Segment]) -> Result<Self> {
        let reads_the_list = D::from_host::<u32>(&[]).is_some();
        let len = if reads_the_list { 0 } else { list.last().map_or(0, |last| last.end) };
        let mut words = vec![0; len.div_ceil(Self::PER_WORD)];
        for segment in list.iter().filter(|_| len > 0) {
            let code = match segment.role {
                Role::Weight => continue,
                Role::Statistic => 2,
                _ => 1,
            };
            for i in segment.start..segment.end {
                words[i / Self::PER_WORD] |= code << (2 * (i % Self::PER_WORD));
            }
        }
        let mut roles = device.zeros(words.len())?;
        device.upload(&words, D::whole_mut(&mut roles))?;
        Ok(Segments { list: list.to_vec(), roles })
    }
}

/// The number of elements of one task, 64 KB of each buffer, for any number of threads.
pub(super) const BLOCK: usize = 16 * 1024;

/// Returns the trained ranges of block number `block`, relative to its start, with their roles.
pub(super) fn parts(segments: &[Segment], block: usize) -> impl Iterator<Item = (Range<usize>, Role)> {
    let (from, to) = (block * BLOCK, (block + 1) * BLOCK);
    let first = segments.partition_point(|s| s.end <= from);
    let overlapping = segments[first..].iter().take_while(move |s| s.start < to);
    let overlapping = overlapping.filter(|s| s.role != Role::Statistic);
    overlapping.map(move |s| (s.start.max(from) - from..s.end.min(to) - from, s.role))
}

/// Replaces a subnormal number by zero. A running mean whose gradient has become 0 would stay subnormal for ever, and
/// arithmetic with such numbers is many times slower on some processors. Since comparisons are slow as well, this tests
/// the bits.
#[inline(always)]
pub(super) fn flush(x: f32) -> f32 {
    if x.to_bits() & 0x7F80_0000 == 0 { 0.0 } else { x }
}

/// Returns `true` if a number is infinite or NaN, that is if all bits of its exponent are set. Unlike `f32::is_finite`,
/// this vectorises.
#[inline(always)]
pub(super) fn not_finite(x: f32) -> bool {
    x.to_bits() & 0x7F80_0000 == 0x7F80_0000
}
