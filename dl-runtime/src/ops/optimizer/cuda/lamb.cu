// LAMB, on one tensor: its running means, the norms of the weights and of the direction in double precision, in parts
// that are added in a fixed order, and the step.
#include "optimizer.cuh"

/// The factors of `LambStep` of lamb.rs.
struct Lamb {
    float rate, first, second, second_rest, size, root, epsilon, decay, trusts;
};

DEVICE float direction(Lamb s, float w, float m, float v) { return s.size * m / (sqrtf(v) * s.root + s.epsilon) + s.decay * w; }

template <class At>
DEVICE void lamb_means_at(Lamb s, Span<const float> w, Span<const float> g, Span<float> m, Span<float> v, double& of_w,
                          double& of_u, At at) {
    auto weights = load(w, at), gradients = load(g, at), mean = load(m, at), square = load(v, at);
#pragma unroll
    for (u32 k = 0; k < sizeof(weights) / sizeof(float); k++) {
        float gradient = gradients.at[k];
        mean.at[k] = flush(mean.at[k] + s.first * (gradient - mean.at[k]));
        square.at[k] = flush(s.second * square.at[k] + s.second_rest * (gradient * gradient));
        double weight = weights.at[k], u = direction(s, weights.at[k], mean.at[k], square.at[k]);
        of_w += weight * weight;
        of_u += u * u;
    }
    store(m, at, mean);
    store(v, at, square);
}

DEVICE void write_double(Span<u32> to, u64 at, double value) {
    u64 bits = (u64)__double_as_longlong(value);
    to[2 * at] = (u32)bits;
    to[2 * at + 1] = (u32)(bits >> 32);
}
DEVICE double read_double(Span<const u32> from, u64 at) {
    return __longlong_as_double((i64)((u64)from[2 * at + 1] << 32 | from[2 * at]));
}

/// Updates the means, and writes the sums of squares of each block to four words of `parts`.
KERNEL(lamb_means, Lamb s, Span<const u32> check, Span<const float> w, Span<const float> g, Span<float> m, Span<float> v,
       Span<u32> parts) {
    SHARED(double, partial, WARP);
    if (check[STOPPED]) return;
    double of_w = 0.0, of_u = 0.0;
    EACH(at, w.len, aligned(w) && aligned(g) && aligned(m) && aligned(v), lamb_means_at(s, w, g, m, v, of_w, of_u, at));
    of_w = block_sum(of_w, partial);
    of_u = block_sum(of_u, partial);
    if (threadIdx.x > 0) return;
    write_double(parts, 2 * (u64)blockIdx.x, of_w);
    write_double(parts, 2 * (u64)blockIdx.x + 1, of_u);
}

/// Computes the factor of the step from the sums of all blocks. It runs as a single block.
KERNEL(lamb_trust, Lamb s, Span<const u32> parts, Span<float> trust) {
    SHARED(double, partial, WARP);
    double of_w = 0.0, of_u = 0.0;
    for (u64 i = threadIdx.x; i < parts.len / 4; i += blockDim.x) {
        of_w += read_double(parts, 2 * i);
        of_u += read_double(parts, 2 * i + 1);
    }
    of_w = block_sum(of_w, partial);
    of_u = block_sum(of_u, partial);
    if (threadIdx.x > 0) return;
    trust[0] = s.trusts == 0.0f || of_w == 0.0 || of_u == 0.0 ? 1.0f : (float)(sqrt(of_w) / sqrt(of_u));
}

template <class At>
DEVICE void lamb_move_at(Lamb s, float trust, Span<float> w, Span<const float> g, Span<const float> m, Span<const float> v,
                         u32& bad, At at) {
    auto weights = load(w, at), gradients = load(g, at), mean = load(m, at), square = load(v, at);
#pragma unroll
    for (u32 k = 0; k < sizeof(weights) / sizeof(float); k++) {
        weights.at[k] -= s.rate * (trust * direction(s, weights.at[k], mean.at[k], square.at[k]));
        bad |= (not_finite(weights.at[k]) ? 1u : 0u) | (not_finite(gradients.at[k]) ? 2u : 0u);
    }
    store(w, at, weights);
}

KERNEL(lamb_move, Lamb s, Span<const float> trust, Span<u32> check, Span<float> w, Span<const float> g, Span<const float> m,
       Span<const float> v) {
    if (check[STOPPED]) return;
    u32 bad = 0;
    float factor = trust[0];
    EACH(at, w.len, aligned(w) && aligned(g) && aligned(m) && aligned(v), lamb_move_at(s, factor, w, g, m, v, bad, at));
    // A gradient that is not finite does no harm if the new weights are finite.
    if (bad & 1) atomicOr(&check[OVERFLOWED], bad);
}
