// Layer normalisation and RMS normalisation: a thread group for each row.
#include "moments.cuh"

struct Norm {
    float epsilon;
    u32 centred;
};

/// Returns the shift and scale of a row; without centring, the variance is the mean square.
DEVICE float2 shift_and_scale(Norm norm, MeanVar m) {
    if (norm.centred) return make_float2(m.mean, 1.0f / sqrtf(m.var + norm.epsilon));
    return make_float2(0.0f, 1.0f / sqrtf(m.var + m.mean * m.mean + norm.epsilon));
}

KERNEL(layer_norm_forward, Norm norm, u32 lanes, u32 n, u64 rows, Span<const float> weight, Span<const float> bias,
       Span<const float> x, Span<float> y) {
    SHARED(float, parts, 3 * WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < rows; row += group.step) {
        u64 from = row * n;
        float2 by = shift_and_scale(norm, row_moments(group, x, from, n, parts));
#pragma unroll 4
        for (u32 i = group.lane; i < n; i += group.lanes) {
            float scaled = (x[from + i] - by.x) * by.y;
            y[from + i] = bias.len ? fmaf(scaled, weight[i], bias[i]) : scaled * weight[i];
        }
    }
}

/// `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + ε)` for every row, where `g = dy·weight`, unless `dx` is empty. The
/// shift and scale of every row go to `moments`.
KERNEL(layer_norm_backward, Norm norm, u32 lanes, u32 n, u64 rows, Span<const float> weight, Span<const float> x,
       Span<const float> dy, Span<float> dx, u32 add, Span<float> moments) {
    SHARED(float, parts, 3 * WARP);
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < rows; row += group.step) {
        u64 from = row * n;
        float2 by = shift_and_scale(norm, row_moments(group, x, from, n, parts));
        if (group.lane == 0) {
            moments[2 * row] = by.x;
            moments[2 * row + 1] = by.y;
        }
        if (dx.len == 0) continue;
        float shift = 0.0f, product = 0.0f;
#pragma unroll 4
        for (u32 i = group.lane; i < n; i += group.lanes) {
            float g = dy[from + i] * weight[i];
            shift += g;
            product += g * (x[from + i] - by.x);
        }
        shift = norm.centred ? group_sum(group, shift, partial) / (float)n : 0.0f;
        float slope = group_sum(group, product, partial) / (float)n * by.y * by.y;
#pragma unroll 4
        for (u32 i = group.lane; i < n; i += group.lanes) {
            float g = dy[from + i] * weight[i];
            accumulate(dx, from + i, by.y * (g - shift - (x[from + i] - by.x) * slope), add);
        }
    }
}

/// The column of a thread in a block of 32×8 threads, in which eight threads sum each column.
struct Columns {
    u32 column, worker, workers;
};
DEVICE Columns columns() { return Columns{blockIdx.x * WARP + threadIdx.x % WARP, threadIdx.x / WARP, blockDim.x / WARP}; }
/// Returns the sum over the warps of a block, lane by lane.
DEVICE float column_sum(float v, SharedArray<float, 256>& parts) {
    parts[threadIdx.x] = v;
    __syncthreads();
    float sum = 0.0f;
    for (u32 at = threadIdx.x % WARP; at < blockDim.x; at += WARP) sum = sum + parts[at];
    __syncthreads();
    return sum;
}

/// Computes `Σ dy·x̂` and, if there is a bias, `Σ dy` over part `blockIdx.y` of the rows. A block handles 32 columns
/// and eight rows at a time. `size` is the number of rows of a part, and `sums` is [parts, weights].
KERNEL(layer_norm_sums, u32 n, u64 rows, u64 size, u32 weights, Span<const float> x, Span<const float> dy,
       Span<const float> moments, Span<float> sums, u32 add) {
    SHARED(float, parts, 256);
    Columns at = columns();
    u64 part = blockIdx.y, end = (part + 1) * size < rows ? (part + 1) * size : rows;
    float product = 0.0f, total = 0.0f;
    if (at.column < n) {
#pragma unroll 4
        for (u64 row = part * size + at.worker; row < end; row += at.workers) {
            float d = dy[row * n + at.column];
            product = fmaf((x[row * n + at.column] - moments[2 * row]) * moments[2 * row + 1], d, product);
            total += d;
        }
    }
    product = column_sum(product, parts);
    total = column_sum(total, parts);
    if (at.column < n && at.worker == 0) {
        accumulate(sums, part * weights + at.column, product, add);
        if (weights > n) accumulate(sums, part * weights + n + at.column, total, add);
    }
}

/// Sums the columns of `from`, which is [rows, to.len]. A block handles 32 columns, and each of its eight warps every
/// eighth row.
KERNEL(layer_norm_fold, u64 rows, Span<const float> from, Span<float> to, u32 add) {
    SHARED(float, parts, 256);
    Columns at = columns();
    float sum = 0.0f;
    if (at.column < to.len) {
#pragma unroll 4
        for (u64 row = at.worker; row < rows; row += at.workers) sum += from[row * to.len + at.column];
    }
    sum = column_sum(sum, parts);
    if (at.column < to.len && at.worker == 0) accumulate(to, at.column, sum, add);
}
