// Losses of two tensors of the same shape, number by number: a thread group for each sample, or for a piece of one if
// samples are few and large.
#include "activation.cuh"
#include "loss.cuh"

enum class Of : u32 {
#define LOSS(name, value, left, right) name,
#include "losses.cuh"
#undef LOSS
};

/// Returns `x`, but at least `least`; NaN stays NaN.
DEVICE float at_least(float x, float least) { return x < least ? least : x; }
/// Returns `ln p` and `ln(1 - p)`, at least -100; NaN unless `p` is from 0 to 1.
DEVICE float2 logarithms(float p) { return make_float2(at_least(logf(p), -100.0f), at_least(log1pf(-p), -100.0f)); }
DEVICE float bce(float2 log, float t) { return -(t * log.x + (1.0f - t) * log.y); }
DEVICE float bce_with_logits(float x, float t) { return at_least(x, 0.0f) - x * t + log1pf(expf(-fabsf(x))); }
/// Returns `factor` if the loss is positive, else 0; NaN stays NaN.
DEVICE float hinge_derivative(float y, float t, float factor) {
    float side = t * y;
    return side >= 1.0f ? 0.0f : side < 1.0f ? factor : side;
}
DEVICE float huber(float d, float delta) { return d < delta ? 0.5f * d * d : delta * (d - 0.5f * delta); }
DEVICE float sign(float d) { return d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d; }

/// The terms of focal loss: probabilities, cross-entropy, the alpha of the target, `q = 1 - p_t` and `q^gamma`.
struct Focal {
    float gamma, alpha, yes, no, cross_entropy, alpha_t, q, power;
};
DEVICE Focal focal(float gamma, float alpha, float x, float t) {
    float yes = sigmoid(x), no = sigmoid(-x), q = yes * (1.0f - t) + no * t;
    float alpha_t = alpha * t + (1.0f - alpha) * (1.0f - t);
    return Focal{gamma, alpha, yes, no, bce_with_logits(x, t), alpha_t, q, powf(q, gamma)};
}
/// Returns the derivative of `q^gamma`, where the derivative of `q` is `slope`; 0 if `q` is 0.
DEVICE float of_power(Focal p, float slope) { return p.q == 0.0f ? 0.0f : p.gamma * p.power * (slope / p.q); }
DEVICE float focal_value(Focal p) { return p.alpha_t * p.power * p.cross_entropy; }
DEVICE float focal_left(Focal p, float t) {
    float slope = p.yes * p.no * (1.0f - 2.0f * t);
    return p.alpha_t * (p.power * (p.yes - t) + of_power(p, slope) * p.cross_entropy);
}
DEVICE float focal_right(Focal p, float x) {
    float product = of_power(p, p.no - p.yes) * p.cross_entropy - p.power * x;
    return p.alpha_t * product + (2.0f * p.alpha - 1.0f) * p.power * p.cross_entropy;
}

DEVICE float value(Loss f, float y, float t) {
    float a = f.a, b = f.b;
    switch ((Of)f.kind) {
#define LOSS(name, value, left, right) \
    case Of::name:                     \
        return value;
#include "losses.cuh"
#undef LOSS
    }
    return NOT_A_NUMBER;
}

/// Returns the derivative with respect to `y`.
DEVICE float left(Loss f, float y, float t) {
    float a = f.a, b = f.b;
    switch ((Of)f.kind) {
#define LOSS(name, value, left, right) \
    case Of::name:                     \
        return left;
#include "losses.cuh"
#undef LOSS
    }
    return NOT_A_NUMBER;
}

/// Returns the derivative with respect to `t`.
DEVICE float right(Loss f, float y, float t) {
    float a = f.a, b = f.b;
    switch ((Of)f.kind) {
#define LOSS(name, value, left, right) \
    case Of::name:                     \
        return right;
#include "losses.cuh"
#undef LOSS
    }
    return NOT_A_NUMBER;
}

/// A piece of a sample: number `row` of all pieces, with `size` numbers each, of which a sample has `cuts`.
struct Cut {
    u64 sample, from, end;
};
DEVICE Cut cut_of(u64 row, u64 features, u64 size, u64 cuts) {
    u64 sample = row / cuts, start = row % cuts * size, end = start + size < features ? start + size : features;
    return Cut{sample, sample * features + start, sample * features + end};
}

/// Computes the sum over each piece, divided by `count`.
KERNEL(elementwise_loss, u32 step, Span<u32> check, Loss f, u32 lanes, u64 features, u64 size, u64 cuts, float count, Span<const float> a,
       Span<const float> b, Span<float> sums) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < sums.len; row += group.step) {
        Cut cut = cut_of(row, features, size, cuts);
        float sum = 0.0f;
#pragma unroll 4
        for (u64 i = cut.from + group.lane; i < cut.end; i += lanes) sum += value(f, a[i], b[i]);
        sum = group_sum(group, sum, partial);
        if (group.lane == 0) write_loss(sums, row, sum / count, FiniteCheck{step, check});
    }
}

/// Computes the gradient to `a`, or to `b` if `input` is 1.
KERNEL(elementwise_loss_backward, Loss f, u32 input, u32 lanes, u64 features, u64 size, u64 cuts, u64 rows, float count,
       Span<const float> a, Span<const float> b, Span<const float> scale, Span<float> d, u32 add) {
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < rows; row += group.step) {
        Cut cut = cut_of(row, features, size, cuts);
        float factor = weight_of(scale, cut.sample, rows / cuts) / count;
        for (u64 i = cut.from + group.lane; i < cut.end; i += lanes) {
            float x = a[i], t = b[i];
            accumulate(d, i, factor * (input == 0 ? left(f, x, t) : right(f, x, t)), add);
        }
    }
}

/// Computes the sums of rows of `n` numbers, divided by `count`.
KERNEL(elementwise_loss_sums, u32 step, Span<u32> check, u32 lanes, u64 n, float count, Span<const float> from, Span<float> sums) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < sums.len; row += group.step) {
        float sum = 0.0f;
#pragma unroll 4
        for (u64 i = group.lane; i < n; i += lanes) sum += from[row * n + i];
        sum = group_sum(group, sum, partial);
        if (group.lane == 0) write_loss(sums, row, sum / count, FiniteCheck{step, check});
    }
}
