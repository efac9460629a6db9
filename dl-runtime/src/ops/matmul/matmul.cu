// Our own kernels for matrix products: small ones, those of few rows, and the activations that cuBLASLt lacks.
#include "matmul.cuh"

/// A batch of products, contiguous in memory. Blocks in x are tiles, and blocks in y are products.
template <u32 R, u32 C, u32 N>
DEVICE void matmul_each(Slope slope, MatmulJob s, u64 count, Activation f, Span<const float> a, Span<const float> b,
                        Span<const float> bias, Span<float> c, Span<float> ones, SharedArray<float, N>& shared) {
    u64 of_a = (u64)s.rows * s.inner, of_b = (u64)s.inner * s.columns, of_c = (u64)s.rows * s.columns;
    for (u64 i = blockIdx.y; i < count; i += gridDim.y) {
        // Other threads may still be reading the shared memory of the previous product.
        if (i >= gridDim.y) __syncthreads();
        matmul_tile_number<R, C>(blockIdx.x, s, f, part_of(slope, i * of_c, of_c), a.part(i * of_a, of_a), b.part(i * of_b, of_b),
                                 bias, c.part(i * of_c, of_c), ones, shared);
    }
}

// Tiles of 32 by 32, which need few reads per multiplication.
KERNEL_OF(256, matmul_tiles_32, float below, Span<const float> kept, MatmulJob s, u64 count, Activation f, Span<const float> a,
          Span<const float> b, Span<const float> bias, Span<float> c, Span<float> ones) {
    SHARED(float, shared, MATMUL_SHARED(32));
    matmul_each<4, 8>(Slope{below, kept}, s, count, f, a, b, bias, c, ones, shared);
}

// Tiles of 16 by 16: four times as many blocks, for products whose larger tiles would leave most of the GPU idle.
KERNEL_OF(256, matmul_tiles_16, float below, Span<const float> kept, MatmulJob s, u64 count, Activation f, Span<const float> a,
          Span<const float> b, Span<const float> bias, Span<float> c, Span<float> ones) {
    SHARED(float, shared, MATMUL_SHARED(16));
    matmul_each<2, 4>(Slope{below, kept}, s, count, f, a, b, bias, c, ones, shared);
}

// Up to 4 rows of A times the rows of B. A warp handles a row of B, which is read once, with 16 bytes per lane if it is
// aligned.
KERNEL_OF(128, matmul_few_rows, u32 rows, u32 inner, u32 columns, u32 add, Activation f, Span<const float> a,
          Span<const float> b, Span<const float> bias, Span<float> c) {
    u32 lane = threadIdx.x % WARP;
    bool vectors = inner % 4 == 0 && aligned(a) && aligned(b);
    for (u64 j = thread() / WARP; j < columns; j += threads() / WARP) {
        u64 row = j * inner;
        float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
        if (vectors) {
#pragma unroll 4
            for (u32 k = lane * 4; k < inner; k += WARP * 4) {
                float4 w = load4(b, row + k), x = load4(a, k);
                s0 = fmaf(w.x, x.x, fmaf(w.y, x.y, fmaf(w.z, x.z, fmaf(w.w, x.w, s0))));
                if (rows > 1) {
                    x = load4(a, (u64)inner + k);
                    s1 = fmaf(w.x, x.x, fmaf(w.y, x.y, fmaf(w.z, x.z, fmaf(w.w, x.w, s1))));
                }
                if (rows > 2) {
                    x = load4(a, (u64)inner * 2 + k);
                    s2 = fmaf(w.x, x.x, fmaf(w.y, x.y, fmaf(w.z, x.z, fmaf(w.w, x.w, s2))));
                }
                if (rows > 3) {
                    x = load4(a, (u64)inner * 3 + k);
                    s3 = fmaf(w.x, x.x, fmaf(w.y, x.y, fmaf(w.z, x.z, fmaf(w.w, x.w, s3))));
                }
            }
        } else {
#pragma unroll 4
            for (u32 k = lane; k < inner; k += WARP) {
                float w = b[row + k];
                s0 = fmaf(w, a[k], s0);
                if (rows > 1) s1 = fmaf(w, a[(u64)inner + k], s1);
                if (rows > 2) s2 = fmaf(w, a[(u64)inner * 2 + k], s2);
                if (rows > 3) s3 = fmaf(w, a[(u64)inner * 3 + k], s3);
            }
        }
        s0 = warp_sum(s0), s1 = warp_sum(s1), s2 = warp_sum(s2), s3 = warp_sum(s3);
        float sum = lane == 0 ? s0 : lane == 1 ? s1 : lane == 2 ? s2 : s3;
        if (lane < rows) {
            u64 at = (u64)lane * columns + j;
            if (add) sum += c[at];
            if (bias.len > 0) sum += bias[j];
            c[at] = activate(f, sum);
        }
    }
}

// y = f(y + bias) in place, for epilogues that cuBLASLt does not have; 4 elements per thread where the rows allow it.
KERNEL(matmul_bias, u32 columns, Activation f, Span<const float> bias, Span<float> y) {
    u32 width = columns % 4 == 0 && aligned(y) ? 4 : 1;
    u64 stride = threads() * width;
    // The column is updated together with the index, so that the loop contains no division.
    u32 column = (u32)(thread() * width % columns), step = (u32)(stride % columns);
    for (u64 i = thread() * width; i < y.len; i += stride) {
        if (width == 4) {
            float4 v = load4(y, i);
            if (bias.len > 0) v.x += bias[column], v.y += bias[column + 1], v.z += bias[column + 2], v.w += bias[column + 3];
            store4(y, i, make_float4(activate(f, v.x), activate(f, v.y), activate(f, v.z), activate(f, v.w)));
        } else {
            y[i] = activate(f, bias.len > 0 ? y[i] + bias[column] : y[i]);
        }
        column = column < columns - step ? column + step : column - (columns - step);
    }
}
