// Rows of length 1: a warp for a row of up to 1024 numbers, a block for a longer one. The second reading of a row comes from
// the caches.

/// What a row is divided by; NaN stays.
DEVICE float divisor(float length, float epsilon) { return length < epsilon ? epsilon : length; }

/// The rows of a warp or of a block: `row` is the first, `lane` the first number of this thread.
struct Team {
    u64 row, rows_apart;
    u32 lane, lanes;
};

DEVICE Team team(u32 by_warp) {
    if (by_warp) return Team{thread() / WARP, threads() / WARP, threadIdx.x % WARP, WARP};
    return Team{blockIdx.x, gridDim.x, threadIdx.x, blockDim.x};
}

DEVICE float team_sum(float v, u32 by_warp, SharedArray<float, WARP>& partial) {
    return by_warp ? warp_sum(v) : block_sum(v, partial);
}

KERNEL(l2_normalize_forward, u32 n, u32 by_warp, float epsilon, Span<const float> x, Span<float> y) {
    SHARED(float, partial, WARP);
    Team t = team(by_warp);
    for (u64 from = t.row * n; from < x.len; from += t.rows_apart * n) {
        float square = 0.0f;
        for (u32 i = t.lane; i < n; i += t.lanes) square += x[from + i] * x[from + i];
        float by = divisor(sqrtf(team_sum(square, by_warp, partial)), epsilon);
        for (u32 i = t.lane; i < n; i += t.lanes) y[from + i] = x[from + i] / by;
    }
}

KERNEL(l2_normalize_backward, u32 n, u32 by_warp, float epsilon, Span<const float> x, Span<const float> dy, Span<float> dx, u32 add) {
    SHARED(float, partial, WARP);
    Team t = team(by_warp);
    for (u64 from = t.row * n; from < x.len; from += t.rows_apart * n) {
        float square = 0.0f, product = 0.0f;
        for (u32 i = t.lane; i < n; i += t.lanes) {
            square += x[from + i] * x[from + i];
            product += x[from + i] * dy[from + i];
        }
        float length = sqrtf(team_sum(square, by_warp, partial));
        product = team_sum(product, by_warp, partial);
        float by = divisor(length, epsilon), dot = length < epsilon ? 0.0f : product / length / length;
        for (u32 i = t.lane; i < n; i += t.lanes) put(dx, from + i, (dy[from + i] - x[from + i] * dot) / by, add);
    }
}
