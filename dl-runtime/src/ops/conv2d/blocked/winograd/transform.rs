//! The transforms of Winograd's convolution from and to images in blocks of eight channels. Channels are the lanes of registers.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use super::form::{Form, MOST_POINTS, MOST_TILE};
use super::{Place, Plan};
use crate::device::cpu::simd::{Simd, Vector, simd};
use crate::device::cpu::threads::SharedRows;
use crate::ops::channel_blocks::BLOCK;
use crate::ops::conv2d::correlate::Finish;
use std::ops::Range;

simd! {
    /// Writes the transformed pixels of a register of input channels of some tiles, [positions, tiles, lanes].
    pub(super) fn inputs<S, F>(_form: F, plan: &Plan, from: &[f32], tiles: Range<usize>, register: usize, to: &mut [f32])
    where [F: Form] {
        let (s, lanes, points) = (plan.s, S::F32::LANES, F::SIZES.points);
        let ([height, width], [top, left]) = (s.image, s.padding);
        let (plane, channel) = (height * width * BLOCK, register * lanes);
        assert!(plan.sizes == F::SIZES && lanes == plan.lanes, "a plan for this form");
        assert!(to.len() >= plan.part() && tiles.len() <= plan.pitch, "transformed input");
        assert!(channel < s.inputs && from.len() == s.samples * s.inputs / BLOCK * plane, "images of a convolution");
        // Behind the last block, the upper half of a register is not used.
        let second = if channel + BLOCK < s.inputs { plane } else { 0 };
        let mut place = plan.place(tiles.start);
        for tile in 0..tiles.len() {
            let block = (place.sample * s.inputs + channel) / BLOCK * plane + channel % BLOCK;
            // The pixels of the tile that lie in the image.
            let of = |first: usize, padding: usize, size: usize| {
                padding.saturating_sub(first)..(size + padding).saturating_sub(first).min(points)
            };
            let (rows, columns) = (of(place.row, top, height), of(place.column, left, width));
            // In the padding, this is no pixel.
            let pixel = (place.row * width + place.column).wrapping_sub(top * width + left);
            let first = from.as_ptr().wrapping_add(block.wrapping_add(pixel.wrapping_mul(BLOCK)));
            let mut halves = [[ZEROS.as_ptr(); 2]; MOST_POINTS];
            for i in 0..points {
                let row = first.wrapping_add(i * width * BLOCK);
                halves[i] = if rows.contains(&i) { [row, row.wrapping_add(second)] } else { halves[i] };
            }
            // SAFETY: the rows are those of the image or zeros, the columns those of the image, and there is memory for every
            // position of the tile.
            unsafe { transform::<S, F>(&halves, columns, to[tile * lanes..].as_mut_ptr(), plan.pitch * lanes) }
            plan.next(&mut place);
        }
    }
}

/// A row of the padding.
static ZEROS: [f32; MOST_POINTS * BLOCK] = [0.0; MOST_POINTS * BLOCK];

/// Writes `Bᵀ d B` of a tile, whose numbers are `step` apart. The rows of pixels begin at `rows`, those of the upper half of a
/// register if it has two blocks at the second of these places. The pixels of other columns than `columns` are 0.
///
/// # Safety
/// The pixels of `columns` can be read, and all positions can be written.
#[inline(always)]
unsafe fn transform<S: Simd, F: Form>(
    rows: &[[*const f32; 2]; MOST_POINTS],
    columns: Range<usize>,
    to: *mut f32,
    step: usize,
) {
    let points = F::SIZES.points;
    let mut half = [[S::F32::splat(0.0); MOST_POINTS]; MOST_POINTS];
    for column in 0..points {
        if columns.contains(&column) {
            let mut d = [S::F32::splat(0.0); MOST_POINTS];
            for i in 0..points {
                let [low, high] = rows[i].map(|row| row.wrapping_add(column * BLOCK));
                // SAFETY: the pixel can be read.
                d[i] = unsafe { load::<S>(low, high) };
            }
            half[column] = F::input::<S>(d);
        }
    }
    for point in 0..points {
        let mut d = [S::F32::splat(0.0); MOST_POINTS];
        for column in 0..points {
            d[column] = half[column][point];
        }
        let d = F::input::<S>(d);
        for i in 0..points {
            // SAFETY: the position can be written.
            unsafe { d[i].store(to.add((point * points + i) * step)) }
        }
    }
}

/// Loads a register of channels of a pixel: those of two blocks, if it has so many lanes, or of one.
///
/// # Safety
/// The channels can be read.
#[inline(always)]
unsafe fn load<S: Simd>(low: *const f32, high: *const f32) -> S::F32 {
    // SAFETY: the caller's contract.
    unsafe { if S::F32::LANES > BLOCK { S::F32::load_halves(low, high) } else { S::F32::load(low) } }
}

simd! {
    /// Transforms the products of a chunk of output channels of some tiles, [positions, tiles, channels], finishes the sums and
    /// writes them. The pixels of these tiles and channels must not be borrowed by another task.
    pub(super) fn outputs<S, F>(
        _form: F,
        plan: &Plan,
        finish: Finish,
        chunk: usize,
        registers: usize,
        tiles: Range<usize>,
        products: &[f32],
        to: &SharedRows,
    ) where [F: Form] {
        let (outputs, lanes) = (plan.s.outputs, S::F32::LANES);
        assert!(plan.sizes == F::SIZES && lanes == plan.lanes, "a plan for this form");
        assert!(products.len() >= registers * plan.part() && tiles.len() <= plan.pitch, "products");
        for v in 0..registers {
            let channel = (2 * chunk + v) * lanes;
            assert!(channel < outputs, "channels of a chunk");
            let of = |values: &[f32], default: f32| {
                if values.is_empty() {
                    return S::F32::splat(default);
                }
                let values = &values[channel..outputs.min(channel + lanes)];
                // SAFETY: as many numbers are read as there are.
                unsafe { S::F32::load_first(values.as_ptr(), values.len()) }
            };
            let writer = Writer::<S> {
                plan,
                channel,
                affine: [of(finish.scale, 1.0), of(finish.shift, 0.0)],
                summand: finish.summand,
                limits: finish.limits.map(|limits| limits.map(S::F32::splat)),
                to,
            };
            let mut place = plan.place(tiles.start);
            for tile in 0..tiles.len() {
                let from = products[(tile * registers + v) * lanes..].as_ptr();
                // SAFETY: there are products for every position of the tile, and its pixels belong to this task.
                unsafe {
                    let half = halfway::<S, F>(from, registers * plan.pitch * lanes);
                    writer.write::<F>(place, &half);
                }
                plan.next(&mut place);
            }
        }
    }
}

/// Returns `Aᵀ m`, whose numbers are `step` apart.
///
/// # Safety
/// All positions can be read.
#[inline(always)]
unsafe fn halfway<S: Simd, F: Form>(from: *const f32, step: usize) -> [[S::F32; MOST_POINTS]; MOST_TILE] {
    let points = F::SIZES.points;
    let mut half = [[S::F32::splat(0.0); MOST_POINTS]; MOST_TILE];
    for i in 0..points {
        let mut m = [S::F32::splat(0.0); MOST_POINTS];
        for point in 0..points {
            // SAFETY: the caller's contract.
            m[point] = unsafe { S::F32::load(from.add((point * points + i) * step)) };
        }
        let y = F::output::<S>(m);
        for row in 0..F::SIZES.tile {
            half[row][i] = y[row];
        }
    }
    half
}

/// What writes a register of output channels of tiles.
struct Writer<'a, S: Simd> {
    plan: &'a Plan<'a>,
    /// The first channel.
    channel: usize,
    /// The factors and what is added.
    affine: [S::F32; 2],
    summand: &'a [f32],
    limits: Option<[S::F32; 2]>,
    to: &'a SharedRows<'a>,
}

impl<S: Simd> Writer<'_, S> {
    /// Computes the pixels of a tile from `Aᵀ m` and writes those that lie in the image.
    ///
    /// # Safety
    /// No other task has borrowed them.
    #[inline(always)]
    unsafe fn write<F: Form>(&self, place: Place, half: &[[S::F32; MOST_POINTS]; MOST_TILE]) {
        let (plan, tile) = (self.plan, F::SIZES.tile);
        let [height, width] = plan.s.output;
        let (rows, columns) = (tile.min(height - place.row), tile.min(width - place.column));
        let two = S::F32::LANES > BLOCK && self.channel + BLOCK < plan.s.outputs;
        let (block, lane) = ((place.sample * plan.s.outputs + self.channel) / BLOCK, self.channel % BLOCK);
        let part = place.column * BLOCK..(place.column + columns) * BLOCK;
        for r in 0..rows {
            let low = block * height + place.row + r;
            // Without an upper half, the lower one stands for it.
            let high = if two { low + height } else { low };
            let mut y = F::output::<S>(half[r]);
            let [scale, shift] = self.affine;
            for c in 0..tile {
                y[c] = y[c].mul_add(scale, shift);
            }
            if !self.summand.is_empty() {
                let [low, high] = [low, high].map(|row| &self.summand[row * width * BLOCK..][part.clone()]);
                for c in 0..tile {
                    if c < columns {
                        let [low, high] = [&low[c * BLOCK + lane..], &high[c * BLOCK..]].map(<[f32]>::as_ptr);
                        // SAFETY: the rest of a block is inside of the slices.
                        y[c] = y[c].add(unsafe { load::<S>(low, high) });
                    }
                }
            }
            if let Some([least, largest]) = self.limits {
                for c in 0..tile {
                    y[c] = largest.min(least.max(y[c]));
                }
            }
            // SAFETY: the pixels belong to this task; `lane` numbers of each belong to earlier registers.
            unsafe {
                let to = self.to.columns(low, part.clone()).as_mut_ptr().add(lane);
                let second = if two { self.to.columns(high, part.clone()).as_mut_ptr() } else { to };
                for c in 0..tile {
                    if c < columns {
                        store::<S>(y[c], to.add(c * BLOCK), second.wrapping_add(c * BLOCK), two);
                    }
                }
            }
        }
    }
}

/// Stores a register of channels of a pixel; if it has more lanes than a block, those of two blocks or only of the first.
///
/// # Safety
/// The channels can be written.
#[inline(always)]
unsafe fn store<S: Simd>(x: S::F32, low: *mut f32, high: *mut f32, two: bool) {
    // SAFETY: the caller's contract.
    unsafe {
        if two {
            x.store_halves(low, high);
        } else if S::F32::LANES > BLOCK {
            x.store_first(low, BLOCK);
        } else {
            x.store(low);
        }
    }
}
