// Softmax and its logarithm: a team for each row, whose numbers lie `places` apart; what is read again comes from the cache.
#include "team.cuh"

struct Shape {
    u32 classes, places, log;
};
/// Where a row begins.
DEVICE u64 start_of(Shape s, u64 row) {
    return s.places == 1 ? row * s.classes : row / s.places * ((u64)s.classes * s.places) + row % s.places;
}

/// `y` may be `x`.
KERNEL(softmax_forward, Shape s, u32 lanes, u64 rows, Span<const float> x, Span<float> y) {
    SHARED(float, partial, WARP);
    Team team = team_of(lanes);
    for (u64 row = team.row; row < rows; row += team.step) {
        u64 start = start_of(s, row);
        float largest = __uint_as_float(0xFF800000u), sum = 0.0f;
#pragma unroll 4
        for (u32 c = team.lane; c < s.classes; c += team.lanes) largest = larger(largest, x[start + (u64)c * s.places]);
        largest = team_max(team, largest, partial);
#pragma unroll 4
        for (u32 c = team.lane; c < s.classes; c += team.lanes) sum += expf(x[start + (u64)c * s.places] - largest);
        sum = team_sum(team, sum, partial);
        float share = 1.0f / sum, log_sum = logf(sum);
#pragma unroll 4
        for (u32 c = team.lane; c < s.classes; c += team.lanes) {
            u64 at = start + (u64)c * s.places;
            float above = x[at] - largest;
            y[at] = s.log ? above - log_sum : expf(above) * share;
        }
    }
}

/// `dx = y·(dy - Σ dy·y)`, or `dy - e^y·Σ dy`; `dx` may be `dy`.
KERNEL(softmax_backward, Shape s, u32 lanes, u64 rows, Span<const float> y, Span<const float> dy, Span<float> dx,
       u32 add) {
    SHARED(float, partial, WARP);
    Team team = team_of(lanes);
    for (u64 row = team.row; row < rows; row += team.step) {
        u64 start = start_of(s, row);
        float sum = 0.0f;
#pragma unroll 4
        for (u32 c = team.lane; c < s.classes; c += team.lanes) {
            u64 at = start + (u64)c * s.places;
            sum += s.log ? dy[at] : dy[at] * y[at];
        }
        sum = team_sum(team, sum, partial);
#pragma unroll 4
        for (u32 c = team.lane; c < s.classes; c += team.lanes) {
            u64 at = start + (u64)c * s.places;
            float d = s.log ? dy[at] - expf(y[at]) * sum : y[at] * (dy[at] - sum);
            accumulate(dx, at, d, add);
        }
    }
}
