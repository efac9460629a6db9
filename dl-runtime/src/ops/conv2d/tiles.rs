//! Chooses the tile size of a convolution on CUDA, and splits long sums into parts.

use crate::device::cuda::Kernel;

/// The kernels of one tile size (`tiles.cuh`).
pub(super) struct Tile {
    rows: usize,
    columns: usize,
    /// The number of threads of a block.
    pub threads: u32,
    /// The throughput, as a percentage of the largest tile's.
    speed: usize,
    pub gather: &'static Kernel,
    pub weights: &'static Kernel,
}

impl Tile {
    /// Returns the number of tiles that cover a matrix product.
    pub fn blocks(&self, rows: usize, columns: usize) -> usize {
        rows.div_ceil(self.rows) * columns.div_ceil(self.columns)
    }
    /// Returns the number of sums of a tile, with one for each row beside it if there is a bias.
    pub fn sums(&self, with_bias: bool) -> usize {
        self.rows * (self.columns + usize::from(with_bias))
    }
}

/// Returns the kernels of one precision, with tiles of 16, 32, 64 and 128 rows.
pub(super) const fn tiles(gather: [&'static Kernel; 4], weights: [&'static Kernel; 4]) -> [Tile; 4] {
    [
        Tile { rows: 16, columns: 128, threads: 128, speed: 40, gather: gather[0], weights: weights[0] },
        Tile { rows: 32, columns: 64, threads: 128, speed: 50, gather: gather[1], weights: weights[1] },
        Tile { rows: 64, columns: 64, threads: 128, speed: 80, gather: gather[2], weights: weights[2] },
        Tile { rows: 128, columns: 128, threads: 256, speed: 100, gather: gather[3], weights: weights[3] },
    ]
}

/// Returns the tile that is expected to be fastest for `products` matrix products of this size. Fewer blocks than a GPU
/// runs at once take as long as that many.
pub(super) fn fastest(tiles: &'static [Tile], rows: usize, columns: usize, products: usize) -> &'static Tile {
    const CONCURRENT_BLOCKS: usize = 128;
    let time = |tile: &&Tile| {
        let blocks = (tile.blocks(rows, columns) * products).max(CONCURRENT_BLOCKS);
        blocks * tile.rows * tile.columns / tile.speed
    };
    tiles.iter().min_by_key(time).expect("tiles")
}

/// The number of blocks that keeps a GPU busy.
const FILL: usize = 256;
/// The largest size of all partial sums together.
const MAX_PARTIAL: usize = 1 << 24;

/// The parts into which sums are split. Each part is summed by blocks of its own. The split depends on the sizes alone,
/// so that results are the same on every GPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub parts: usize,
    /// The number of summands of a part.
    pub len: usize,
}

impl Cut {
    /// Splits `numbers` sums of `summands` each. One part of all sums takes `blocks` thread blocks, and its length is a
    /// multiple of `unit`.
    pub fn new(summands: usize, numbers: usize, blocks: usize, unit: usize) -> Self {
        let max_parts = (MAX_PARTIAL / numbers.max(1)).min(summands.div_ceil(unit)).max(1);
        let parts = FILL.div_ceil(blocks.max(1)).min(max_parts);
        let len = summands.div_ceil(parts).next_multiple_of(unit);
        Cut { parts: summands.div_ceil(len).max(1), len }
    }
    /// Returns the size of the partial sums in temporary memory.
    pub fn partial(self, numbers: usize) -> usize {
        if self.parts > 1 { self.parts * numbers } else { 0 }
    }
}
