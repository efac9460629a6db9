// Softmax and log-softmax: a thread group for each row, whose numbers are `positions` apart. Repeated reads come from
// the cache.
#include "thread_group.cuh"

struct Shape {
    u32 classes, positions, log;
};
/// Returns the offset of a row.
DEVICE u64 start_of(Shape s, u64 row) {
    return s.positions == 1 ? row * s.classes : row / s.positions * ((u64)s.classes * s.positions) + row % s.positions;
}

/// `y` may be `x`.
KERNEL(softmax_forward, Shape s, u32 lanes, u64 rows, Span<const float> x, Span<float> y) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < rows; row += group.step) {
        u64 start = start_of(s, row);
        float largest = __uint_as_float(0xFF800000u), sum = 0.0f;
#pragma unroll 4
        for (u32 c = group.lane; c < s.classes; c += group.lanes) largest = larger(largest, x[start + (u64)c * s.positions]);
        largest = group_max(group, largest, partial);
#pragma unroll 4
        for (u32 c = group.lane; c < s.classes; c += group.lanes) sum += expf(x[start + (u64)c * s.positions] - largest);
        sum = group_sum(group, sum, partial);
        float share = 1.0f / sum, log_sum = logf(sum);
#pragma unroll 4
        for (u32 c = group.lane; c < s.classes; c += group.lanes) {
            u64 at = start + (u64)c * s.positions;
            float above = x[at] - largest;
            y[at] = s.log ? above - log_sum : expf(above) * share;
        }
    }
}

/// `dx = y·(dy - Σ dy·y)`, or `dy - e^y·Σ dy` for the logarithm; `dx` may be `dy`.
KERNEL(softmax_backward, Shape s, u32 lanes, u64 rows, Span<const float> y, Span<const float> dy, Span<float> dx,
       u32 add) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < rows; row += group.step) {
        u64 start = start_of(s, row);
        float sum = 0.0f;
#pragma unroll 4
        for (u32 c = group.lane; c < s.classes; c += group.lanes) {
            u64 at = start + (u64)c * s.positions;
            sum += s.log ? dy[at] : dy[at] * y[at];
        }
        sum = group_sum(group, sum, partial);
#pragma unroll 4
        for (u32 c = group.lane; c < s.classes; c += group.lanes) {
            u64 at = start + (u64)c * s.positions;
            float d = s.log ? dy[at] - expf(y[at]) * sum : y[at] * (dy[at] - sum);
            accumulate(dx, at, d, add);
        }
    }
}
