// Transpositions: where the innermost axis changes, blocks of 256 threads carry tiles of 32 by 32 through shared memory, so
// that reads and writes both lie side by side; else, and where one of the two axes is short, threads lie along the output.
#include "axes.cuh"

#define TILE 32u

KERNEL(transpose_rows, Rows rows, Axes axes, Span<const float> x, Span<float> y, u32 add) {
    fill_from(rows, axes, x, y, add, [](float x) { return x; });
}

/// Two axes and where both tensors have them: `across` is the innermost of `x`, `along` that of `y`.
struct Tiles {
    u32 across, across_stride, along, along_stride, others;
};

KERNEL(transpose_tiles, Tiles t, Axes others, Span<const float> x, Span<float> y, u32 add) {
    // A column more, so that neither reads nor writes of a warp meet in one bank.
    SHARED(float, tile, TILE * (TILE + 1));
    u32 tiles_across = (t.across + TILE - 1) / TILE, tiles_along = (t.along + TILE - 1) / TILE;
    u32 items = t.others * tiles_across * tiles_along, lane = threadIdx.x % TILE;
    for (u32 item = blockIdx.x; item < items; item += gridDim.x) {
        u32 rest = item / tiles_along, along = (item - rest * tiles_along) * TILE;
        u32 other = rest / tiles_across, across = (rest - other * tiles_across) * TILE;
        Offsets at = offsets(others, other);
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            u32 line = threadIdx.x / TILE + 8 * k;
            if (across + lane < t.across && along + line < t.along)
                tile[line * (TILE + 1) + lane] = x[at.left + across + lane + (u64)(along + line) * t.along_stride];
        }
        __syncthreads();
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            u32 line = threadIdx.x / TILE + 8 * k;
            if (along + lane < t.along && across + line < t.across)
                accumulate(y, at.right + along + lane + (u64)(across + line) * t.across_stride, tile[lane * (TILE + 1) + line], add);
        }
        __syncthreads();
    }
}
