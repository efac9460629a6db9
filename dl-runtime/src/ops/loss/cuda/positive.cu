// Binary cross-entropy from logits with a weight for yes, number by number; `elementwise_loss_sums` adds up the samples.
#include "activation.cuh"
#include "loss.cuh"

/// Returns `ln(1 + e^x)`; NaN stays NaN.
DEVICE float softplus_of(float x) { return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x))); }

/// Returns the weight of yes of number `i`. Samples have a whole number of `positions * weights.len` numbers.
DEVICE float weight_at(Span<const float> weights, u64 positions, u64 i) { return weights[i / positions % weights.len]; }

KERNEL(positive_loss, u64 positions, Span<const float> weights, Span<const float> x, Span<const float> t, Span<float> values) {
    for (u64 i = thread(); i < values.len; i += threads()) {
        float logit = x[i], target = t[i], p = weight_at(weights, positions, i);
        values[i] = p * target * softplus_of(-logit) + (1.0f - target) * softplus_of(logit);
    }
}

/// Computes the gradient to the logits, or to the targets if `input` is 1.
KERNEL(positive_loss_backward, u64 positions, u32 input, u64 features, float count, Span<const float> weights,
       Span<const float> x, Span<const float> t, Span<const float> scale, Span<float> d, u32 add) {
    for (u64 i = thread(); i < d.len; i += threads()) {
        float logit = x[i], target = t[i], p = weight_at(weights, positions, i);
        float factor = weight_of(scale, i / features, d.len / features) / count;
        float slope = input == 0 ? (1.0f - target) * sigmoid(logit) - p * target * sigmoid(-logit)
                                 : p * softplus_of(-logit) - softplus_of(logit);
        accumulate(d, i, factor * slope, add);
    }
}
