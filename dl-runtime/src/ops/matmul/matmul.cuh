// Products of small matrices: C = f(A·B + bias), with any strides of A and B.
//
// A block of 8 warps computes a square tile of C. Each warp sums every eighth slice of the inner axis in its registers,
// and reads the slice from its own part of shared memory. So no warp waits for another until the 8 partial tiles are
// added, in order. This keeps a GPU busy even with few elements and long sums.
#pragma once
#include "activation.cuh"
#include "extension.cuh"

/// The sizes, strides and options of one product. A and B have fewer than 2^32 elements each.
struct MatmulJob {
    u32 rows, inner, columns;
    u32 a_row, a_inner, b_inner, b_column;
    /// True if `ones` gets the sums of the rows of A: B is extended by a column of ones.
    u32 sum_rows;
    u32 add;
};

#define MATMUL_WARPS 8u
#define MATMUL_THREADS (WARP * MATMUL_WARPS)
/// The number of elements of a slice of A, or of B, that a warp loads at a time: 8 for each lane.
#define MATMUL_SLICE 256u
/// The shared memory, in numbers, for tiles of `size` by `size`: it holds the slices, and later the 8 partial tiles.
#define MATMUL_SHARED(size) \
    (MATMUL_WARPS * ((size) * (size) > MATMUL_SLICE / (size) * ((size) + 4) * 2 ? (size) * (size) : MATMUL_SLICE / (size) * ((size) + 4) * 2))

/// The position of element `e` of the 8 that a lane copies, in a slice of `SIZE` across the inner axis and 256 / `SIZE`
/// along it. Lanes are laid out along the contiguous axis: the inner one if `ALONG`.
template <u32 SIZE, bool ALONG>
DEVICE u32 matmul_across(u32 e) {
    constexpr u32 DEPTH = MATMUL_SLICE / SIZE;
    u32 lane = threadIdx.x % WARP;
    return ALONG ? lane / DEPTH + e * (WARP / DEPTH) : lane % SIZE;
}
template <u32 SIZE, bool ALONG>
DEVICE u32 matmul_along(u32 e) {
    constexpr u32 DEPTH = MATMUL_SLICE / SIZE;
    u32 lane = threadIdx.x % WARP;
    return ALONG ? lane % DEPTH : lane / SIZE + e * (WARP / SIZE);
}

/// A matrix, seen from the first element of a slice: its strides, and how many elements are left. Elements beyond are
/// zero, except that column `ones` is one.
struct MatmulSlice {
    u64 from;
    u32 across_step, along_step, across_left, along_left, ones;
};

template <u32 SIZE, bool ALONG>
DEVICE void matmul_read(float (&to)[8], Span<const float> m, MatmulSlice s) {
#pragma unroll
    for (u32 e = 0; e < 8; e++) {
        u32 i = matmul_across<SIZE, ALONG>(e), k = matmul_along<SIZE, ALONG>(e);
        to[e] = k >= s.along_left || i > s.across_left ? 0.0f
            : i < s.across_left   ? m[s.from + (i * s.across_step + (ALONG ? k : k * s.along_step))]
            : i == s.ones         ? 1.0f
                                  : 0.0f;
    }
}
template <u32 SIZE, bool ALONG, u32 N>
DEVICE void matmul_keep(SharedArray<float, N>& shared, u32 at, const float (&from)[8]) {
#pragma unroll
    for (u32 e = 0; e < 8; e++) shared[at + matmul_along<SIZE, ALONG>(e) * (SIZE + 4) + matmul_across<SIZE, ALONG>(e)] = from[e];
}

/// Computes one tile of C: `R` by `C` elements for each of the 8 by 4 lanes of a warp. `first_row` and `first_column`
/// are those of the tile; all threads of the block must call it.
template <u32 R, u32 C, u32 N>
DEVICE void matmul_tile(MatmulJob s, Activation f, Slope slope, u32 first_row, u32 first_column, Span<const float> a,
                        Span<const float> b, Span<const float> bias, Span<float> c, Span<float> ones, SharedArray<float, N>& shared) {
    constexpr u32 SIZE = 8 * R, DEPTH = MATMUL_SLICE / SIZE, PITCH = SIZE + 4;
    u32 warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    u32 row = lane / 4 * R, column = lane % 4 * C;
    u32 of_a = warp * 2 * DEPTH * PITCH, of_b = of_a + DEPTH * PITCH;
    u32 slices = (s.inner + DEPTH - 1) / DEPTH;

    bool a_along = s.a_inner == 1, b_along = s.b_inner == 1;
    float next_a[8], next_b[8];
    auto read = [&](u32 slice) {
        u32 k = slice * DEPTH;
        MatmulSlice of_a = {(u64)first_row * s.a_row + (u64)k * s.a_inner, s.a_row, s.a_inner, s.rows - first_row, s.inner - k, 0xFFFFFFFFu};
        if (a_along) matmul_read<SIZE, true>(next_a, a, of_a);
        else matmul_read<SIZE, false>(next_a, a, of_a);
        u32 ones = s.sum_rows ? s.columns - first_column : 0xFFFFFFFFu;
        MatmulSlice of_b = {(u64)first_column * s.b_column + (u64)k * s.b_inner, s.b_column, s.b_inner, s.columns - first_column, s.inner - k, ones};
        if (b_along) matmul_read<SIZE, true>(next_b, b, of_b);
        else matmul_read<SIZE, false>(next_b, b, of_b);
    };

    float sum[R][C];
#pragma unroll
    for (u32 r = 0; r < R; r++) {
#pragma unroll
        for (u32 q = 0; q < C; q++) sum[r][q] = 0.0f;
    }
    if (warp < slices) read(warp);
#pragma unroll 2
    for (u32 slice = warp; slice < slices; slice += MATMUL_WARPS) {
        if (a_along) matmul_keep<SIZE, true>(shared, of_a, next_a);
        else matmul_keep<SIZE, false>(shared, of_a, next_a);
        if (b_along) matmul_keep<SIZE, true>(shared, of_b, next_b);
        else matmul_keep<SIZE, false>(shared, of_b, next_b);
        __syncwarp();
        // The next slice is loaded while this one is multiplied.
        if (slice + MATMUL_WARPS < slices) read(slice + MATMUL_WARPS);
#pragma unroll 2
        for (u32 k = 0; k < DEPTH; k++) {
            float x[R], y[C];
            if (R % 4 == 0) {
                float4 v = load4(shared, of_a + k * PITCH + row);
                x[0] = v.x, x[1] = v.y, x[2 % R] = v.z, x[3 % R] = v.w;
            } else {
#pragma unroll
                for (u32 r = 0; r < R; r++) x[r] = shared[of_a + k * PITCH + row + r];
            }
#pragma unroll
            for (u32 q = 0; q < C; q += 4) {
                float4 v = load4(shared, of_b + k * PITCH + column + q);
                y[q] = v.x, y[q + 1] = v.y, y[q + 2] = v.z, y[q + 3] = v.w;
            }
#pragma unroll
            for (u32 r = 0; r < R; r++) {
#pragma unroll
                for (u32 q = 0; q < C; q++) sum[r][q] = fmaf(x[r], y[q], sum[r][q]);
            }
        }
        __syncwarp();
    }

    // No warp needs the slices any more, so the partial tiles take their place.
    __syncthreads();
#pragma unroll
    for (u32 r = 0; r < R; r++) {
#pragma unroll
        for (u32 q = 0; q < C; q++) shared[(warp * SIZE + row + r) * SIZE + column + q] = sum[r][q];
    }
    __syncthreads();
    u32 parts = min(slices, MATMUL_WARPS);
    for (u32 e = threadIdx.x; e < SIZE * SIZE; e += MATMUL_THREADS) {
        float total = 0.0f;
        for (u32 part = 0; part < parts; part++) total += shared[part * SIZE * SIZE + e];
        u32 i = first_row + e / SIZE, j = first_column + e % SIZE;
        if (i >= s.rows || j > s.columns) continue;
        if (j == s.columns) {
            if (s.sum_rows) accumulate(ones, i, total, s.add);
            continue;
        }
        u64 at = (u64)i * s.columns + j;
        if (s.add) total += c[at];
        if (bias.len > 0) total += bias[j];
        c[at] = sloped(slope, at, activate(f, total));
    }
}

/// Returns how many tiles of `size` cover `side` elements.
DEVICE u32 matmul_tiles(u32 side, u32 size) { return (side + size - 1) / size; }

/// Computes tile number `tile` of a product, counted row by row.
template <u32 R, u32 C, u32 N>
DEVICE void matmul_tile_number(u32 tile, MatmulJob s, Activation f, Slope slope, Span<const float> a, Span<const float> b,
                               Span<const float> bias, Span<float> c, Span<float> ones, SharedArray<float, N>& shared) {
    u32 across = matmul_tiles(s.columns + s.sum_rows, 8 * R);
    matmul_tile<R, C>(s, f, slope, tile / across * 8 * R, tile % across * 8 * R, a, b, bias, c, ones, shared);
}
