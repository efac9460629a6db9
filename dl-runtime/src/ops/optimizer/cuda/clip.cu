// Gradient clipping. The norm is computed in double precision, in parts that are added in a fixed order. Statistics
// have no gradient.
#include "optimizer.cuh"

/// Returns `v` in double precision, or 0 for statistics.
DEVICE double trained(u32 roles, u32 k, float v) { return (roles >> (2 * k) & 3u) == STATISTIC ? 0.0 : (double)v; }

template <class At>
DEVICE void add_squares(Span<const u32> roles, Span<const float> g, double& sum, At at) {
    auto numbers = load(g, at);
    u32 all = roles_of(roles, at);
#pragma unroll
    for (u32 k = 0; k < sizeof(numbers) / sizeof(float); k++) {
        double v = trained(all, k, numbers.at[k]);
        sum += v * v;
    }
}

/// Writes the sum of squares of each block to two words of `parts`.
KERNEL(clip_squares, Span<const u32> roles, Span<const float> g, Span<u32> parts) {
    SHARED(double, partial, WARP);
    double sum = 0.0;
    EACH(at, g.len, aligned(g), add_squares(roles, g, sum, at));
    sum = block_sum(sum, partial);
    if (threadIdx.x > 0) return;
    u64 bits = (u64)__double_as_longlong(sum);
    parts[2 * (u64)blockIdx.x] = (u32)bits;
    parts[2 * (u64)blockIdx.x + 1] = (u32)(bits >> 32);
}

/// Computes the norm from the sums of all blocks, and writes it to the words of the check and the gradient's factor to
/// `factor`. It runs as a single block.
KERNEL(clip_factor, u64 limit, Span<const u32> parts, Span<float> factor, Span<u32> check) {
    SHARED(double, partial, WARP);
    double sum = 0.0;
    for (u64 i = threadIdx.x; i < parts.len / 2; i += blockDim.x)
        sum += __longlong_as_double((i64)((u64)parts[2 * i + 1] << 32 | parts[2 * i]));
    sum = block_sum(sum, partial);
    if (threadIdx.x > 0) return;
    double norm = sqrt(sum), scale = __longlong_as_double((i64)limit) / (norm + 1e-6);
    u64 bits = (u64)__double_as_longlong(norm);
    check[NORM] = (u32)bits;
    check[NORM + 1] = (u32)(bits >> 32);
    // The comparison is false for NaN, which therefore stays.
    factor[0] = scale > 1.0 ? 1.0f : (float)scale;
}

/// `g = f(g)`, except for statistics.
template <class At, class Change>
DEVICE void change(Span<const u32> roles, Span<float> g, At at, Change f) {
    auto numbers = load(g, at);
    u32 all = roles_of(roles, at);
#pragma unroll
    for (u32 k = 0; k < sizeof(numbers) / sizeof(float); k++)
        if ((all >> (2 * k) & 3u) != STATISTIC) numbers.at[k] = f(numbers.at[k]);
    store(g, at, numbers);
}

KERNEL(clip_scale, Span<const u32> roles, Span<const float> factor, Span<float> g) {
    float by = factor[0];
    if (by == 1.0f) return;
    auto f = [=](float v) { return by * v; };
    EACH(at, g.len, aligned(g), change(roles, g, at, f));
}

KERNEL(clip_value, float limit, Span<const u32> roles, Span<float> g) {
    // The comparisons are false for NaN, which therefore stays.
    auto f = [=](float v) { return v > limit ? limit : v < -limit ? -limit : v; };
    EACH(at, g.len, aligned(g), change(roles, g, at, f));
}
