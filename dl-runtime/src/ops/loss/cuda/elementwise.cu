// Losses of two tensors of one shape, number by number: a group for each sample, or for a cut of one where samples are few and
// large.
#include "activation.cuh"
#include "loss.cuh"

/// In the order of `code` in elementwise.rs; `a` is delta or gamma, `b` is alpha.
enum class Of : u32 { Bce, BceWithLogits, Hinge, Huber, KlNormal, Mae, Mse, SigmoidFocal };

/// `ln p` and `ln(1 - p)`, at least -100; NaN unless `p` is from 0 to 1.
DEVICE float2 logarithms(float p) {
    float yes = logf(p), no = log1pf(-p);
    return make_float2(yes < -100.0f ? -100.0f : yes, no < -100.0f ? -100.0f : no);
}
DEVICE float bce_with_logits(float x, float t) {
    return (x < 0.0f ? 0.0f : x) - x * t + log1pf(expf(-fabsf(x)));
}
/// `factor` where the answer costs something; what is neither is NaN, and stays.
DEVICE float hinge_derivative(float y, float t, float factor) {
    float side = t * y;
    return side >= 1.0f ? 0.0f : side < 1.0f ? factor : side;
}
DEVICE float sign(float d) { return d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d; }

/// What focal loss is made of: probabilities, cross-entropy, alpha of the target, `q = 1 - p_t` and `q^gamma`.
struct Focal {
    float yes, no, cross_entropy, alpha, q, power;
};
DEVICE Focal focal(Loss f, float x, float t) {
    float yes = sigmoid(x), no = sigmoid(-x), q = yes * (1.0f - t) + no * t;
    return Focal{yes, no, bce_with_logits(x, t), f.b * t + (1.0f - f.b) * (1.0f - t), q, powf(q, f.a)};
}
/// The derivative of `q^gamma`, where that of `q` is `slope`; where `q` is 0, so is that.
DEVICE float of_power(Loss f, Focal p, float slope) { return p.q == 0.0f ? 0.0f : f.a * p.power * (slope / p.q); }

DEVICE float value(Loss f, float a, float b) {
    float d = a - b;
    switch ((Of)f.kind) {
    case Of::Bce: {
        float2 log = logarithms(a);
        return -(b * log.x + (1.0f - b) * log.y);
    }
    case Of::BceWithLogits:
        return bce_with_logits(a, b);
    case Of::Hinge:
        return 1.0f - a * b < 0.0f ? 0.0f : 1.0f - a * b;
    case Of::Huber:
        return fabsf(d) < f.a ? 0.5f * d * d : f.a * (fabsf(d) - 0.5f * f.a);
    case Of::KlNormal:
        return 0.5f * (a * a + (expm1f(b) - b));
    case Of::Mae:
        return fabsf(d);
    case Of::Mse:
        return d * d;
    default: {
        Focal p = focal(f, a, b);
        return p.alpha * p.power * p.cross_entropy;
    }
    }
}

/// The derivative to `a`.
DEVICE float left(Loss f, float a, float b) {
    float d = a - b;
    switch ((Of)f.kind) {
    case Of::Bce: {
        float variance = a * (1.0f - a);
        return d / (variance < 1e-12f ? 1e-12f : variance);
    }
    case Of::BceWithLogits:
        return sigmoid(a) - b;
    case Of::Hinge:
        return hinge_derivative(a, b, -b);
    case Of::Huber:
        return clamp(d, -f.a, f.a);
    case Of::KlNormal:
        return a;
    case Of::Mae:
        return sign(d);
    case Of::Mse:
        return 2.0f * d;
    default: {
        Focal p = focal(f, a, b);
        float slope = p.yes * p.no * (1.0f - 2.0f * b);
        return p.alpha * (p.power * (p.yes - b) + of_power(f, p, slope) * p.cross_entropy);
    }
    }
}

/// The derivative to `b`.
DEVICE float right(Loss f, float a, float b) {
    switch ((Of)f.kind) {
    case Of::Bce: {
        float2 log = logarithms(a);
        return log.y - log.x;
    }
    case Of::BceWithLogits:
        return -a;
    case Of::Hinge:
        return hinge_derivative(a, b, -a);
    case Of::KlNormal:
        return 0.5f * expm1f(b);
    case Of::SigmoidFocal: {
        Focal p = focal(f, a, b);
        float product = of_power(f, p, p.no - p.yes) * p.cross_entropy - p.power * a;
        return p.alpha * product + (2.0f * f.b - 1.0f) * p.power * p.cross_entropy;
    }
    default:
        // Of the difference.
        return -left(f, a, b);
    }
}

/// Cut number `row` of all samples, of `size` numbers, of which a sample has `cuts`.
struct Cut {
    u64 sample, from, end;
};
DEVICE Cut cut_of(u64 row, u64 features, u64 size, u64 cuts) {
    u64 sample = row / cuts, start = row % cuts * size, end = start + size < features ? start + size : features;
    return Cut{sample, sample * features + start, sample * features + end};
}

/// The sum over each cut, divided by `count`.
KERNEL(elementwise_loss, Loss f, u32 lanes, u64 features, u64 size, u64 cuts, float count, Span<const float> a,
       Span<const float> b, Span<float> sums) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < sums.len; row += group.step) {
        Cut cut = cut_of(row, features, size, cuts);
        float sum = 0.0f;
#pragma unroll 4
        for (u64 i = cut.from + group.lane; i < cut.end; i += lanes) sum += value(f, a[i], b[i]);
        sum = group_sum(group, sum, partial);
        if (group.lane == 0) sums[row] = sum / count;
    }
}

/// The gradient to `a`, or to `b` if `input` is 1.
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

/// The sums of rows of `n` numbers, divided by `count`.
KERNEL(elementwise_loss_sums, u32 lanes, u64 n, float count, Span<const float> from, Span<float> sums) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < sums.len; row += group.step) {
        float sum = 0.0f;
#pragma unroll 4
        for (u64 i = group.lane; i < n; i += lanes) sum += from[row * n + i];
        sum = group_sum(group, sum, partial);
        if (group.lane == 0) sums[row] = sum / count;
    }
}
