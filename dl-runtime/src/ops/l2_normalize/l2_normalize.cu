// L2 normalisation: a thread group for each row, whose second read comes from the cache.
#include "thread_group.cuh"

/// Returns the divisor of a row; NaN stays NaN.
DEVICE float divisor(float length, float epsilon) { return length < epsilon ? epsilon : length; }

KERNEL(l2_normalize_forward, u32 n, u32 lanes, float epsilon, Span<const float> x, Span<float> y) {
    SHARED(float, partial, WARP);
    ThreadGroup t = thread_group(lanes);
    for (u64 from = t.row * n; from < x.len; from += t.step * n) {
        float square = 0.0f;
        for (u32 i = t.lane; i < n; i += t.lanes) square += x[from + i] * x[from + i];
        float by = divisor(sqrtf(group_sum(t, square, partial)), epsilon);
        for (u32 i = t.lane; i < n; i += t.lanes) y[from + i] = x[from + i] / by;
    }
}

KERNEL(l2_normalize_backward, u32 n, u32 lanes, float epsilon, Span<const float> x, Span<const float> dy, Span<float> dx,
       u32 add) {
    SHARED(float, partial, WARP);
    ThreadGroup t = thread_group(lanes);
    for (u64 from = t.row * n; from < x.len; from += t.step * n) {
        float square = 0.0f, product = 0.0f;
        for (u32 i = t.lane; i < n; i += t.lanes) {
            square += x[from + i] * x[from + i];
            product += x[from + i] * dy[from + i];
        }
        float length = sqrtf(group_sum(t, square, partial));
        product = group_sum(t, product, partial);
        float by = divisor(length, epsilon), dot = length < epsilon ? 0.0f : product / length / length;
        for (u32 i = t.lane; i < n; i += t.lanes) accumulate(dx, from + i, (dy[from + i] - x[from + i] * dot) / by, add);
    }
}
