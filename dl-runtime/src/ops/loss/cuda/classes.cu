// Losses of one class out of many: a thread group for each target, whose numbers are `positions` apart. Repeated reads
// come from the cache.
#include "loss.cuh"

/// The losses, in the order of `code` in classes.rs; the setting `a` is label smoothing, gamma or margin.
enum class Of : u32 { CrossEntropy, Focal, MultiMargin, Nll };

struct Shape {
    u32 classes, positions;
};
/// The numbers of one target.
struct Row {
    Span<const float> x;
    u64 start, step;
    u32 n;
};
DEVICE Row row_of(Shape s, u64 row, Span<const float> x) {
    u64 start = s.positions == 1 ? row * s.classes : row / s.positions * ((u64)s.classes * s.positions) + row % s.positions;
    return Row{x, start, s.positions, s.classes};
}
DEVICE float at(Row row, u32 c) { return row.x[row.start + c * row.step]; }

/// Returns the largest `m`, and `Σ e^(x-m)`.
DEVICE float2 exp_sum(ThreadGroup group, Row row, SharedArray<float, WARP>& partial) {
    float largest = MINUS_INFINITY, sum = 0.0f;
#pragma unroll 4
    for (u32 c = group.lane; c < row.n; c += group.lanes) largest = larger(largest, at(row, c));
    largest = group_max(group, largest, partial);
#pragma unroll 4
    for (u32 c = group.lane; c < row.n; c += group.lanes) sum += expf(at(row, c) - largest);
    return make_float2(largest, group_sum(group, sum, partial));
}
/// Returns `q^gamma`; rounding may have brought `q` below 0.
DEVICE float focal_power(float q, float gamma) { return powf(q > 0.0f ? q : 0.0f, gamma); }

DEVICE float value(Loss f, ThreadGroup group, Row row, u32 t, SharedArray<float, WARP>& partial) {
    float right = at(row, t), sum = 0.0f;
    switch ((Of)f.kind) {
    case Of::CrossEntropy: {
        float2 by = exp_sum(group, row, partial);
        float log_sum = logf(by.y), loss = log_sum - (right - by.x);
        if (f.a == 0.0f) return loss;
        for (u32 c = group.lane; c < row.n; c += group.lanes) sum += at(row, c) - by.x;
        return (1.0f - f.a) * loss + f.a * (log_sum - group_sum(group, sum, partial) / (float)row.n);
    }
    case Of::Focal: {
        float2 by = exp_sum(group, row, partial);
        float log = (right - by.x) - logf(by.y);
        return -focal_power(-expm1f(log), f.a) * log;
    }
    case Of::MultiMargin:
        for (u32 c = group.lane; c < row.n; c += group.lanes) {
            float missing = f.a - right + at(row, c);
            sum += c == t || missing < 0.0f ? 0.0f : missing;
        }
        return group_sum(group, sum, partial) / (float)row.n;
    default:
        return -right;
    }
}

/// Computes the loss of every target.
KERNEL(class_loss, Loss f, Shape s, u32 lanes, Span<const float> x, Span<const u32> t, Span<float> losses) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 i = group.row; i < losses.len; i += group.step) {
        u32 label = t[i];
        // The condition is the same for the whole group, as the barriers in `value` need.
        float loss = label < s.classes ? value(f, group, row_of(s, i, x), label, partial) : NOT_A_NUMBER;
        if (group.lane == 0) losses[i] = loss;
    }
}

/// `d = factor·e^(x-largest) - other - [c = t]·right`.
struct Softmax {
    float largest, factor, other, right;
};
DEVICE Softmax softmax_of(Loss f, ThreadGroup group, Row row, u32 t, float scale, SharedArray<float, WARP>& partial) {
    float2 by = exp_sum(group, row, partial);
    if ((Of)f.kind == Of::CrossEntropy) {
        return Softmax{by.x, scale / by.y, scale * f.a / (float)row.n, scale * (1.0f - f.a)};
    }
    float log = (at(row, t) - by.x) - logf(by.y), q = -expm1f(log);
    // If p_t rounds to 1, the limit of log / q is -1.
    float ratio = q > 0.0f ? log / q : -1.0f;
    float slope = scale * focal_power(q, f.a) * (1.0f - f.a * (1.0f - q) * ratio);
    return Softmax{by.x, slope / by.y, 0.0f, slope};
}

/// Computes the gradient, and also the losses unless `losses` is empty.
KERNEL(class_loss_backward, Loss f, Shape s, u32 lanes, Span<const float> x, Span<const u32> t, Span<const float> scale,
       Span<float> d, u32 add, Span<float> losses) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 i = group.row; i < t.len; i += group.step) {
        Row row = row_of(s, i, x);
        u32 label = t[i];
        if (losses.len > 0) {
            float loss = label < s.classes ? value(f, group, row, label, partial) : NOT_A_NUMBER;
            if (group.lane == 0) losses[i] = loss;
        }
        float weight = weight_of(scale, i / s.positions, t.len / s.positions) / (float)s.positions;
        if (label >= s.classes) {
            for (u32 c = group.lane; c < s.classes; c += lanes) accumulate(d, row.start + c * row.step, NOT_A_NUMBER, add);
        } else if ((Of)f.kind == Of::MultiMargin) {
            float bar = f.a - at(row, label), share = weight / (float)s.classes, sum = 0.0f;
            for (u32 c = group.lane; c < s.classes; c += lanes) {
                if (c == label) continue;
                // The comparison and the product are written so that NaN stays NaN.
                float slope = bar + at(row, c) <= 0.0f ? 0.0f : share + 0.0f * at(row, c);
                sum += slope;
                accumulate(d, row.start + c * row.step, slope, add);
            }
            sum = group_sum(group, sum, partial);
            if (group.lane == 0) accumulate(d, row.start + label * row.step, -sum, add);
        } else if ((Of)f.kind == Of::Nll) {
            for (u32 c = group.lane; c < s.classes; c += lanes) {
                accumulate(d, row.start + c * row.step, c == label ? -weight : 0.0f, add);
            }
        } else {
            Softmax by = softmax_of(f, group, row, label, weight, partial);
            for (u32 c = group.lane; c < s.classes; c += lanes) {
                float slope = by.factor * expf(at(row, c) - by.largest) - by.other - (c == label ? by.right : 0.0f);
                accumulate(d, row.start + c * row.step, slope, add);
            }
        }
    }
}
