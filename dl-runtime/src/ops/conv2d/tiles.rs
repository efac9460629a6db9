//! Which tile a convolution on CUDA is computed in, and how long sums are cut.

use crate::device::cuda::Kernel;

/// The kernels of one size of tile (`tiles.cuh`).
pub(super) struct Tile {
    rows: usize,
    columns: usize,
    /// Threads of a block.
    pub threads: u32,
    /// Of what a large tile does in the same time, how much this does.
    speed: usize,
    pub gather: &'static Kernel,
    pub weights: &'static Kernel,
}

impl Tile {
    /// Tiles that cover a product.
    pub fn blocks(&self, rows: usize, columns: usize) -> usize {
        rows.div_ceil(self.rows) * columns.div_ceil(self.columns)
    }
}

/// The kernels of one precision: tiles of 16, 32, 64 and 128 rows.
pub(super) const fn tiles(gather: [&'static Kernel; 4], weights: [&'static Kernel; 4]) -> [Tile; 4] {
    [
        Tile { rows: 16, columns: 128, threads: 128, speed: 40, gather: gather[0], weights: weights[0] },
        Tile { rows: 32, columns: 64, threads: 128, speed: 50, gather: gather[1], weights: weights[1] },
        Tile { rows: 64, columns: 64, threads: 128, speed: 80, gather: gather[2], weights: weights[2] },
        Tile { rows: 128, columns: 128, threads: 256, speed: 100, gather: gather[3], weights: weights[3] },
    ]
}

/// The tile that is expected to take least time for `products` products of this size, on a GPU that takes some blocks at once.
pub(super) fn fastest(tiles: &'static [Tile], rows: usize, columns: usize, products: usize) -> &'static Tile {
    const AT_ONCE: usize = 128;
    let time = |tile: &&Tile| {
        let blocks = (tile.blocks(rows, columns) * products).max(AT_ONCE);
        blocks * tile.rows * tile.columns / tile.speed
    };
    tiles.iter().min_by_key(time).expect("tiles")
}

/// Blocks that keep every GPU busy.
const FILL: usize = 256;
/// Numbers of all sums of parts together, at most.
const MOST_PARTIAL: usize = 1 << 24;

/// How a sum is cut into parts, each summed by blocks of its own; the same on every GPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub parts: usize,
    /// Summands of a part.
    pub len: usize,
}

impl Cut {
    /// `summands` for each of `numbers`, computed by `blocks` for each part, which has a multiple of `unit` of them.
    pub fn new(summands: usize, numbers: usize, blocks: usize, unit: usize) -> Self {
        let most = (MOST_PARTIAL / numbers.max(1)).min(summands.div_ceil(unit)).max(1);
        let parts = FILL.div_ceil(blocks.max(1)).min(most);
        let len = summands.div_ceil(parts).next_multiple_of(unit);
        Cut { parts: summands.div_ceil(len).max(1), len }
    }
    /// Numbers of temporary memory.
    pub fn partial(self, numbers: usize) -> usize {
        if self.parts > 1 { self.parts * numbers } else { 0 }
    }
}
