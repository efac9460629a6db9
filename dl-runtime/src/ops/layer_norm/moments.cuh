// Mean and sum of squared deviations of numbers that are read only once: partial results are merged. Source: Chan,
// Golub, LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).
#pragma once
#include "thread_group.cuh"

struct Moments {
    float n, mean, squares;
};

/// Merges the moments of two sets of numbers.
DEVICE Moments merge(Moments a, Moments b) {
    float n = a.n + b.n, share = n > 0.0f ? b.n / n : 0.0f, apart = b.mean - a.mean;
    return Moments{n, a.mean + apart * share, a.squares + b.squares + apart * (a.n * share) * apart};
}
/// Returns the moments of four numbers.
DEVICE Moments moments_of(float a, float b, float c, float d) {
    float mean = 0.25f * ((a + b) + (c + d));
    a -= mean, b -= mean, c -= mean, d -= mean;
    return Moments{4.0f, mean, (a * a + b * b) + (c * c + d * d)};
}
/// Merges the moments of the lanes of a warp; all of them get the result.
DEVICE Moments warp_merge(Moments m) {
    for (u32 apart = 1; apart < WARP; apart *= 2) {
        Moments other = {__shfl_xor_sync(ALL_LANES, m.n, apart), __shfl_xor_sync(ALL_LANES, m.mean, apart),
                         __shfl_xor_sync(ALL_LANES, m.squares, apart)};
        m = threadIdx.x & apart ? merge(other, m) : merge(m, other);
    }
    return m;
}
/// Merges the moments of a thread group; all its threads get the result.
DEVICE Moments group_merge(ThreadGroup group, Moments m, SharedArray<float, 3 * WARP>& parts) {
    if (group.lanes == 1) return m;
    m = warp_merge(m);
    if (group.lanes == WARP) return m;
    if (threadIdx.x % WARP == 0) {
        u32 warp = threadIdx.x / WARP;
        parts[3 * warp] = m.n, parts[3 * warp + 1] = m.mean, parts[3 * warp + 2] = m.squares;
    }
    __syncthreads();
    Moments all = {0.0f, 0.0f, 0.0f};
    for (u32 warp = 0; warp < blockDim.x / WARP; warp++) {
        Moments part = {parts[3 * warp], parts[3 * warp + 1], parts[3 * warp + 2]};
        all = merge(all, part);
    }
    __syncthreads();
    return all;
}

/// Mean and biased variance.
struct MeanVar {
    float mean, var;
};
/// Returns the mean and variance of a row of `n` numbers that begins at `from`. The first number is subtracted from
/// all, so that no digits of a large mean are lost.
DEVICE MeanVar row_moments(ThreadGroup group, Span<const float> x, u64 from, u32 n, SharedArray<float, 3 * WARP>& parts) {
    float first = x[from];
    Moments m = {0.0f, 0.0f, 0.0f};
    u32 i = group.lane, step = group.lanes;
    for (; i + 3 * step < n; i += 4 * step) {
        float a = x[from + i], b = x[from + i + step], c = x[from + i + 2 * step], d = x[from + i + 3 * step];
        m = merge(m, moments_of(a - first, b - first, c - first, d - first));
    }
    for (; i < n; i += step) {
        float a = x[from + i];
        m = merge(m, Moments{1.0f, a - first, 0.0f});
    }
    m = group_merge(group, m, parts);
    return MeanVar{first + m.mean, m.squares / (float)n};
}
