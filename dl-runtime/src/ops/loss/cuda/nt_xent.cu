// The loss of SimCLR. The similarities of all pairs of views are matrix products, in tiles of 32×32 for each block of
// 256 threads. Sums over rows are merged tile by tile, so that the forward pass stores no matrix.
#include "loss.cuh"

#define TILE 32u
#define THREADS 256u
/// The length of a tile's row in shared memory. One more column avoids bank conflicts.
#define PITCH (TILE + 1)

/// `z = x/|x|` for the `n` samples of `a`, then of `b`. The norms, which are at least 10⁻¹² as in PyTorch, are written
/// to `saved`, unless it is empty.
KERNEL(nt_xent_normalize, u32 lanes, u64 n, u64 features, Span<const float> a, Span<const float> b, Span<float> z,
       Span<float> saved) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < 2 * n; row += group.step) {
        u64 view = row / n, sample = row % n, from = sample * features;
        float sum = 0.0f;
#pragma unroll 4
        for (u64 i = group.lane; i < features; i += lanes) {
            float x = view == 0 ? a[from + i] : b[from + i];
            sum = fmaf(x, x, sum);
        }
        float norm = sqrtf(group_sum(group, sum, partial));
        norm = norm < 1e-12f ? 1e-12f : norm;
        for (u64 i = group.lane; i < features; i += lanes) {
            z[row * features + i] = (view == 0 ? a[from + i] : b[from + i]) / norm;
        }
        if (group.lane == 0 && saved.len) saved[4 * sample + 2 * view] = norm;
    }
}

/// A matrix of `rows` by `width` elements, which begins at row `first` of `data`.
struct Matrix {
    Span<const float> data;
    u64 first, rows, width;
};
/// Returns an element, or 0 outside of the matrix.
DEVICE float at(Matrix m, u64 row, u64 column) {
    return row < m.rows && column < m.width ? (float)m.data[(m.first + row) * m.width + column] : 0.0f;
}
/// Return the first row and the first column of this block's tile.
DEVICE u64 first_row() { return (u64)blockIdx.y * TILE; }
DEVICE u64 first_column() { return (u64)blockIdx.x * TILE; }
/// Computes this block's tile of the product `a·b` or `a·bᵀ`. Returns the four elements of this thread, in the column
/// of its lane and in the rows `warp`, `warp + 8`, `warp + 16` and `warp + 24`.
DEVICE float4 product(Matrix a, Matrix b, bool transposed, SharedArray<float, TILE * PITCH>& left,
                      SharedArray<float, TILE * PITCH>& right) {
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    for (u64 k = 0; k < a.width; k += TILE) {
        for (u32 row = warp; row < TILE; row += THREADS / WARP) {
            left[row * PITCH + lane] = at(a, first_row() + row, k + lane);
            if (transposed) {
                right[lane * PITCH + row] = at(b, first_column() + row, k + lane);
            } else {
                right[row * PITCH + lane] = at(b, k + row, first_column() + lane);
            }
        }
        __syncthreads();
#pragma unroll 8
        for (u32 i = 0; i < TILE; i++) {
            float y = right[i * PITCH + lane];
            sum.x = fmaf(left[warp * PITCH + i], y, sum.x);
            sum.y = fmaf(left[(warp + 8) * PITCH + i], y, sum.y);
            sum.z = fmaf(left[(warp + 16) * PITCH + i], y, sum.z);
            sum.w = fmaf(left[(warp + 24) * PITCH + i], y, sum.w);
        }
        __syncthreads();
    }
    return sum;
}

/// Writes the largest similarity `m` in a row of a tile and `Σ e^(s-m)` to `tiles`, [rows, tiles, 2], and the
/// similarity to the sample's other view to `positives`.
DEVICE void sum_row(u64 n, u64 row, float s, Span<float> tiles, Span<float> positives) {
    u64 column = first_column() + threadIdx.x % WARP;
    bool compared = column < 2 * n && column != row;
    s = compared ? s : MINUS_INFINITY;
    float largest = warp_max(s), sum = warp_sum(compared ? expf(s - largest) : 0.0f);
    if (row >= 2 * n) return;
    if (column == (row < n ? row + n : row - n)) positives[row] = s;
    if (threadIdx.x % WARP == 0) {
        u64 tile = 2 * (row * gridDim.x + blockIdx.x);
        tiles[tile] = largest;
        tiles[tile + 1] = sum;
    }
}
KERNEL_OF(THREADS, nt_xent_tiles, u64 n, u64 features, float temperature, Span<const float> z, Span<float> tiles,
          Span<float> positives) {
    SHARED(float, left, TILE * PITCH);
    SHARED(float, right, TILE * PITCH);
    Matrix views = {z, 0, 2 * n, features};
    float4 s = product(views, views, true, left, right);
    u64 row = first_row() + threadIdx.x / WARP;
    sum_row(n, row, s.x / temperature, tiles, positives);
    sum_row(n, row + 8, s.y / temperature, tiles, positives);
    sum_row(n, row + 16, s.z / temperature, tiles, positives);
    sum_row(n, row + 24, s.w / temperature, tiles, positives);
}

/// Returns the logarithm of the sum of a row, from the sums of its tiles.
DEVICE float log_sum(ThreadGroup group, u64 row, u64 count, Span<const float> tiles, SharedArray<float, WARP>& partial) {
    float largest = MINUS_INFINITY, sum = 0.0f;
    for (u64 i = group.lane; i < count; i += group.lanes) largest = larger(largest, tiles[2 * (row * count + i)]);
    largest = group_max(group, largest, partial);
    for (u64 i = group.lane; i < count; i += group.lanes) {
        u64 tile = 2 * (row * count + i);
        sum = fmaf(tiles[tile + 1], expf(tiles[tile] - largest), sum);
    }
    return largest + logf(group_sum(group, sum, partial));
}
KERNEL(nt_xent_losses, u32 lanes, u64 count, Span<const float> tiles, Span<const float> positives, Span<float> losses,
       Span<float> saved) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    u64 n = losses.len;
    for (u64 i = group.row; i < n; i += group.step) {
        float a = log_sum(group, i, count, tiles, partial), b = log_sum(group, n + i, count, tiles, partial);
        if (group.lane != 0) continue;
        losses[i] = 0.5f * ((a - positives[i]) + (b - positives[n + i]));
        if (saved.len) {
            saved[4 * i + 1] = a;
            saved[4 * i + 3] = b;
        }
    }
}

/// Writes the gradient to the similarity `s` between view `row` of the input and view `column` of both inputs.
DEVICE void slope(u64 n, u32 input, u64 row, float s, float temperature, Span<const float> saved, Span<const float> scale,
                  Span<float> slopes) {
    u64 column = first_column() + threadIdx.x % WARP, own = input * n + row, other = (1 - input) * n + row;
    if (row >= n || column >= 2 * n) return;
    u64 sample = column % n, view = column / n;
    float weight = 0.5f * weight_of(scale, row, n), of_column = 0.5f * weight_of(scale, sample, n);
    float d = weight * expf(s - saved[4 * row + 2 * input + 1]) + of_column * expf(s - saved[4 * sample + 2 * view + 1]);
    if (column == other) d -= 2.0f * weight;
    // A view is not compared with itself.
    slopes[row * 2 * n + column] = column == own ? 0.0f : d / temperature;
}
/// Writes the gradients to the similarities to `slopes`, [n, 2·n].
KERNEL_OF(THREADS, nt_xent_slopes, u64 n, u64 features, float temperature, u32 input, Span<const float> z,
          Span<const float> saved, Span<const float> scale, Span<float> slopes) {
    SHARED(float, left, TILE * PITCH);
    SHARED(float, right, TILE * PITCH);
    float4 s = product(Matrix{z, input * n, n, features}, Matrix{z, 0, 2 * n, features}, true, left, right);
    u64 row = first_row() + threadIdx.x / WARP;
    slope(n, input, row, s.x / temperature, temperature, saved, scale, slopes);
    slope(n, input, row + 8, s.y / temperature, temperature, saved, scale, slopes);
    slope(n, input, row + 16, s.z / temperature, temperature, saved, scale, slopes);
    slope(n, input, row + 24, s.w / temperature, temperature, saved, scale, slopes);
}

/// Writes an element of the product.
DEVICE void store(u64 n, u64 features, u64 row, float v, Span<float> d) {
    u64 column = first_column() + threadIdx.x % WARP;
    if (row < n && column < features) d[row * features + column] = v;
}
/// `d = slopes·z`, the gradient to the input's normalised views.
KERNEL_OF(THREADS, nt_xent_product, u64 n, u64 features, Span<const float> slopes, Span<const float> z, Span<float> d) {
    SHARED(float, left, TILE * PITCH);
    SHARED(float, right, TILE * PITCH);
    float4 v = product(Matrix{slopes, 0, n, 2 * n}, Matrix{z, 0, 2 * n, features}, false, left, right);
    u64 row = first_row() + threadIdx.x / WARP;
    store(n, features, row, v.x, d);
    store(n, features, row + 8, v.y, d);
    store(n, features, row + 16, v.z, d);
    store(n, features, row + 24, v.w, d);
}

/// `to = (d - (z·d)·z) / norm`, or `+=`, the gradient of the division by the norm.
KERNEL(nt_xent_input, u32 lanes, u64 n, u64 features, u32 input, Span<const float> z, Span<const float> saved,
       Span<const float> d, Span<float> to, u32 add) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < n; row += group.step) {
        u64 from = row * features, own = (input * n + row) * features;
        float along = 0.0f;
#pragma unroll 4
        for (u64 i = group.lane; i < features; i += lanes) along = fmaf(z[own + i], d[from + i], along);
        along = group_sum(group, along, partial);
        float norm = saved[4 * row + 2 * input];
        for (u64 i = group.lane; i < features; i += lanes) {
            accumulate(to, from + i, (d[from + i] - along * z[own + i]) / norm, add);
        }
    }
}
