// Averages of weights: `mean + part·(weight - mean)`, in the form whose rounding is smaller.
#include "optimizer.cuh"

template <class At>
DEVICE void towards(float part, Span<const float> weights, Span<float> mean, At at) {
    auto w = load(weights, at), m = load(mean, at);
#pragma unroll
    for (u32 k = 0; k < sizeof(w) / sizeof(float); k++) {
        float way = w.at[k] - m.at[k];
        m.at[k] = part < 0.5f ? m.at[k] + part * way : w.at[k] - (1.0f - part) * way;
    }
    store(mean, at, m);
}

KERNEL(average_move, float part, Span<const float> weights, Span<float> mean) {
    EACH(at, mean.len, aligned(weights) && aligned(mean), towards(part, weights, mean, at));
}
