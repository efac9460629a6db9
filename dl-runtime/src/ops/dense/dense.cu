// Dense layers: the gradient to the bias for large products, and both gradients of a small layer in one launch.
#include "cast.cuh"
#include "matmul.cuh"
#include "last_block.cuh"

// Sums the columns of `x`, and also writes `x` as bf16 if `halves` is not empty (rows are padded to a multiple of 8). A block has 256
// columns, 8 for each lane, and handles 8 rows at a time, one for each warp. A block in y has `chunk` rows; the last one adds the sums
// of all (last_block.cuh).
KERNEL_OF(256, dense_column_sums, u32 rows, u32 columns, u32 chunk, u32 add, Span<const float> x, Span<float> halves, Span<float> sums,
          Span<float> partial, Span<u32> counters) {
    SHARED(float, parts, 8 * 256);
    u32 warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    u32 column = blockIdx.x * 256 + lane * 8, first = blockIdx.y * chunk;
    u32 end = rows - first < chunk ? rows : first + chunk;
    bool vectors = columns % 8 == 0 && aligned(x);
    u32 words = (columns + 7) / 8 * 4;
    float sum[8];
#pragma unroll
    for (u32 e = 0; e < 8; e++) sum[e] = 0.0f;
    if (column < columns) {
#pragma unroll 4
        for (u32 row = first + warp; row < end; row += 8) {
            float v[8];
            read_8(v, x, (u64)row * columns + column, columns - column, vectors);
            if (halves.len > 0) write_bf16_8(halves, (u64)row * words + column / 2, v);
#pragma unroll
            for (u32 e = 0; e < 8; e++) sum[e] += v[e];
        }
    }
    store4(parts, warp * 256 + lane * 8, make_float4(sum[0], sum[1], sum[2], sum[3]));
    store4(parts, warp * 256 + lane * 8 + 4, make_float4(sum[4], sum[5], sum[6], sum[7]));
    __syncthreads();
    float total = 0.0f;
    for (u32 part = 0; part < 8; part++) total += parts[part * 256 + threadIdx.x];
    auto write = [&](u32 i, float sum) {
        if (blockIdx.x * 256 + i < columns) accumulate(sums, blockIdx.x * 256 + i, sum, add);
    };
    Part p = {blockIdx.y, gridDim.y, blockIdx.x, gridDim.x, 256, 256};
    if (p.parts == 1) return write(threadIdx.x, total);
    memory_of(p, p.part, partial)[threadIdx.x] = total;
    add_parts(p, partial, counters, write);
}

/// The first blocks compute dW = dyᵀ·x together with db, the others dx = dy·W.
template <u32 R, u32 C, u32 N>
DEVICE void dense_backward(Slope slope, MatmulJob weights, MatmulJob input, Span<const float> dy, Span<const float> x,
                           Span<const float> w, Span<float> dw, Span<float> db, Span<float> dx, SharedArray<float, N>& shared) {
    Activation identity = {0, 0.0f, 0.0f};
    u32 first = matmul_tiles(weights.rows, 8 * R) * matmul_tiles(weights.columns + weights.sum_rows, 8 * R);
    Span<const float> none = dy.part(0, 0);
    Slope one = {0.0f, none};
    if (blockIdx.x < first)
        matmul_tile_number<R, C>(blockIdx.x, weights, identity, one, dy, x, none, dw, db, shared);
    else
        matmul_tile_number<R, C>(blockIdx.x - first, input, identity, slope, dy, w, none, dx, db, shared);
}
KERNEL_OF(256, dense_backward_32, float below, Span<const float> kept, MatmulJob weights, MatmulJob input, Span<const float> dy,
          Span<const float> x, Span<const float> w, Span<float> dw, Span<float> db, Span<float> dx) {
    SHARED(float, shared, MATMUL_SHARED(32));
    dense_backward<4, 8>(Slope{below, kept}, weights, input, dy, x, w, dw, db, dx, shared);
}
KERNEL_OF(256, dense_backward_16, float below, Span<const float> kept, MatmulJob weights, MatmulJob input, Span<const float> dy,
          Span<const float> x, Span<const float> w, Span<float> dw, Span<float> db, Span<float> dx) {
    SHARED(float, shared, MATMUL_SHARED(16));
    dense_backward<2, 4>(Slope{below, kept}, weights, input, dy, x, w, dw, db, dx, shared);
}
