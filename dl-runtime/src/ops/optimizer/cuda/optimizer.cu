// Optimizers, which read and write a weight and its state once, with four weights for each thread; and the check for
// finite numbers.
#include "optimizer.cuh"

/// Stops the training at `step` if a loss is not finite, or if the step before resulted in weights that are not. It
/// runs as a single block.
KERNEL(optim_finite_check, u32 step, Span<const float> losses, Span<u32> check) {
    int bad = 0;
    for (u64 i = threadIdx.x; i < losses.len; i += blockDim.x) bad |= not_finite(losses[i]);
    bad = __syncthreads_or(bad);
    if (threadIdx.x == 0 && !check[STOPPED] && (bad || check[OVERFLOWED])) check[STOPPED] = step;
}

KERNEL(optim_sgd, float rate, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, Span<u32> check) {
    move_all(decay, roles, w, g, check, [=](float g, float*) { return rate * g; });
}

/// The step is `g_factor * g + b_factor * b`.
KERNEL(optim_sgd_momentum, float rate, float momentum, float g_factor, float b_factor, Decay decay, Span<const u32> roles,
       Span<float> w, Span<const float> g, Span<u32> check, Span<float> b) {
    move_all(
        decay, roles, w, g, check,
        [=](float g, float* kept) {
            kept[0] = flush(momentum * kept[0] + g);
            return rate * (g_factor * g + b_factor * kept[0]);
        },
        b);
}

/// The factors of `AdamStep` of adam.rs without its decay.
struct Adam {
    float first, second, second_rest, size, root, epsilon;
};

KERNEL(optim_adam, Adam s, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, Span<u32> check, Span<float> m,
       Span<float> v) {
    move_all(
        decay, roles, w, g, check,
        [=](float g, float* kept) {
            kept[0] = flush(kept[0] + s.first * (g - kept[0]));
            kept[1] = flush(s.second * kept[1] + s.second_rest * (g * g));
            return s.size * kept[0] / (sqrtf(kept[1]) * s.root + s.epsilon);
        },
        m, v);
}

/// The factors of `RmsPropStep` of rms_prop.rs without its decay.
struct RmsProp {
    float rate, alpha, alpha_rest, epsilon, momentum, centered;
};

KERNEL(optim_rms_prop, RmsProp s, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, Span<u32> check,
       Span<float> v) {
    move_all(
        decay, roles, w, g, check,
        [=](float g, float* kept) {
            kept[0] = flush(s.alpha * kept[0] + s.alpha_rest * (g * g));
            return s.rate * (g / (sqrtf(kept[0]) + s.epsilon));
        },
        v);
}

KERNEL(optim_rms_prop_full, RmsProp s, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, Span<u32> check,
       Span<float> v, Span<float> b, Span<float> a) {
    move_all(
        decay, roles, w, g, check,
        [=](float g, float* kept) {
            kept[0] = flush(s.alpha * kept[0] + s.alpha_rest * (g * g));
            kept[2] = flush(kept[2] + s.alpha_rest * (g - kept[2]));
            // The variance is below zero only by rounding. NaN stays.
            float variance = kept[0] - s.centered * (kept[2] * kept[2]);
            variance = variance < 0.0f ? 0.0f : variance;
            kept[1] = flush(s.momentum * kept[1] + g / (sqrtf(variance) + s.epsilon));
            return s.rate * kept[1];
        },
        v, b, a);
}
