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

/// The kernel of a formula of formula.rs: the struct of its factors, the number of numbers that it keeps for a weight (as
/// further arguments), and the function that returns what is subtracted from a weight whose gradient, after decay, is `g`.
#define KEEPS_0
#define KEEPS_1 , Span<float> kept0
#define KEEPS_2 KEEPS_1, Span<float> kept1
#define KEEPS_3 KEEPS_2, Span<float> kept2
#define PASS_0
#define PASS_1 , kept0
#define PASS_2 PASS_1, kept1
#define PASS_3 PASS_2, kept2
#define FORMULA(name, Factors, count, ...)                                                                                    \
    KERNEL(name, Span<float> halves, Factors s, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g,       \
           Span<u32> check KEEPS_##count) {                                                                                   \
        move_all(halves, decay, roles, w, g, check, [=](float g, float* kept) { (void)kept; __VA_ARGS__ } PASS_##count);              \
    }

/// The running means of the gradient and of its square, of the relatives of Adam.
template <class S>
DEVICE void means(S s, float g, float* kept) {
    kept[0] = flush(kept[0] + s.first * (g - kept[0]));
    kept[1] = flush(s.second * kept[1] + s.second_rest * (g * g));
}

struct Sgd {
    float rate;
};
FORMULA(optim_sgd, Sgd, 0, return s.rate * g;)

struct Momentum {
    float rate, momentum, of_gradient, of_momentum;
};
FORMULA(optim_momentum, Momentum, 1, kept[0] = flush(s.momentum * kept[0] + g);
        return s.rate * (s.of_gradient * g + s.of_momentum * kept[0]);)

struct Adam {
    float first, second, second_rest, size, root, epsilon;
};
FORMULA(optim_adam, Adam, 2, means(s, g, kept); return s.size * kept[0] / (sqrtf(kept[1]) * s.root + s.epsilon);)
FORMULA(optim_amsgrad, Adam, 3, means(s, g, kept); kept[2] = kept[2] > kept[1] ? kept[2] : kept[1];
        return s.size * kept[0] / (sqrtf(kept[2]) * s.root + s.epsilon);)

struct NAdam {
    float first, second, second_rest, of_gradient, of_mean, root, epsilon;
};
FORMULA(optim_nadam, NAdam, 2, means(s, g, kept);
        return (s.of_gradient * g + s.of_mean * kept[0]) / (sqrtf(kept[1]) * s.root + s.epsilon);)

struct RAdam {
    float first, second, second_rest, plain, adapted, epsilon;
};
FORMULA(optim_radam, RAdam, 2, means(s, g, kept); return kept[0] * (s.plain + s.adapted / (sqrtf(kept[1]) + s.epsilon));)

struct Adamax {
    float first, second, size, epsilon;
};
FORMULA(optim_adamax, Adamax, 2, kept[0] = flush(kept[0] + s.first * (g - kept[0])); float last = s.second * kept[1];
        float now = fabsf(g) + s.epsilon; kept[1] = flush(last > now ? last : now); return s.size * kept[0] / kept[1];)

struct Adagrad {
    float rate, initial, epsilon;
};
FORMULA(optim_adagrad, Adagrad, 1, kept[0] = flush(kept[0] + g * g);
        return s.rate * g / (sqrtf(kept[0] + s.initial) + s.epsilon);)

struct Lion {
    float rate, first, second;
};
FORMULA(optim_lion, Lion, 1, float c = kept[0] + s.first * (g - kept[0]); kept[0] = flush(kept[0] + s.second * (g - kept[0]));
        return s.rate * (c > 0.0f ? 1.0f : c < 0.0f ? -1.0f : c);)

struct RmsProp {
    float rate, alpha, alpha_rest, epsilon;
};
FORMULA(optim_rms_prop, RmsProp, 1, kept[0] = flush(s.alpha * kept[0] + s.alpha_rest * (g * g));
        return s.rate * (g / (sqrtf(kept[0]) + s.epsilon));)

struct RmsPropFull {
    float rate, alpha, alpha_rest, epsilon, momentum, centered;
};
// The variance is below zero only by rounding. NaN stays.
FORMULA(optim_rms_prop_full, RmsPropFull, 3, kept[0] = flush(s.alpha * kept[0] + s.alpha_rest * (g * g));
        kept[2] = flush(kept[2] + s.alpha_rest * (g - kept[2])); float variance = kept[0] - s.centered * (kept[2] * kept[2]);
        variance = variance < 0.0f ? 0.0f : variance; kept[1] = flush(s.momentum * kept[1] + g / (sqrtf(variance) + s.epsilon));
        return s.rate * kept[1];)
