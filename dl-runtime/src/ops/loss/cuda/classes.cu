// Losses of one class out of many: a thread group for each target, whose numbers are `positions` apart. Repeated reads
// come from the cache.
#include "loss.cuh"
#include "sequences.cuh"

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
KERNEL(class_loss, u32 step, Span<u32> check, Loss f, Shape s, u32 lanes, Span<const float> x, Span<const u32> t,
       Span<float> losses) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 i = group.row; i < losses.len; i += group.step) {
        u32 label = t[i];
        // The condition is the same for the whole group, as the barriers in `value` need.
        float loss = label < s.classes ? value(f, group, row_of(s, i, x), label, partial) : NOT_A_NUMBER;
        if (group.lane == 0) write_loss(losses, i, loss, FiniteCheck{step, check});
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

/// Writes the gradient of `weight` times the loss of one target.
DEVICE void write_gradient(Loss f, ThreadGroup group, Row row, u32 label, float weight, Span<float> d, u32 add,
                           SharedArray<float, WARP>& partial) {
    if (label >= row.n) {
        for (u32 c = group.lane; c < row.n; c += group.lanes) accumulate(d, row.start + c * row.step, NOT_A_NUMBER, add);
    } else if ((Of)f.kind == Of::MultiMargin) {
        float bar = f.a - at(row, label), share = weight / (float)row.n, sum = 0.0f;
        for (u32 c = group.lane; c < row.n; c += group.lanes) {
            if (c == label) continue;
            // The comparison and the product are written so that NaN stays NaN.
            float slope = bar + at(row, c) <= 0.0f ? 0.0f : share + 0.0f * at(row, c);
            sum += slope;
            accumulate(d, row.start + c * row.step, slope, add);
        }
        sum = group_sum(group, sum, partial);
        if (group.lane == 0) accumulate(d, row.start + label * row.step, -sum, add);
    } else if ((Of)f.kind == Of::Nll) {
        for (u32 c = group.lane; c < row.n; c += group.lanes) {
            accumulate(d, row.start + c * row.step, c == label ? -weight : 0.0f, add);
        }
    } else {
        Softmax by = softmax_of(f, group, row, label, weight, partial);
        for (u32 c = group.lane; c < row.n; c += group.lanes) {
            float slope = by.factor * expf(at(row, c) - by.largest) - by.other - (c == label ? by.right : 0.0f);
            accumulate(d, row.start + c * row.step, slope, add);
        }
    }
}

/// Computes the gradient, and also the losses unless `losses` is empty.
KERNEL(class_loss_backward, u32 step, Span<u32> check, Loss f, Shape s, u32 lanes, float count, Span<const float> x,
       Span<const u32> t, Span<const float> scale, Span<float> d, u32 add, Span<float> losses) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 i = group.row; i < t.len; i += group.step) {
        Row row = row_of(s, i, x);
        u32 label = t[i];
        if (losses.len > 0) {
            float loss = label < s.classes ? value(f, group, row, label, partial) : NOT_A_NUMBER;
            if (group.lane == 0) write_loss(losses, i, loss, FiniteCheck{step, check});
        }
        float weight = weight_of(scale, i / s.positions, t.len / s.positions) / count;
        write_gradient(f, group, row, label, weight, d, add, partial);
    }
}

// Losses with weights (weighted.rs). Each row of the sequences has `per_row` targets; `weights` has one number for each class, or none.

/// The class of targets that do not count, if `ignores`.
struct Ignored {
    u32 ignores, label;
};
/// A part of the weights of classes, which come from the host as an argument.
struct Weights {
    u32 from, count;
    float numbers[62];
};
KERNEL(class_weights, Weights part, Span<float> weights) {
    for (u64 i = thread(); i < part.count; i += threads()) weights[part.from + i] = part.numbers[i];
}

/// Returns the weight of a target; NaN if it is no class.
DEVICE float target_weight(Ignored ignored, Span<const float> weights, u32 classes, u32 label) {
    if (ignored.ignores && label == ignored.label) return 0.0f;
    if (label >= classes) return NOT_A_NUMBER;
    return weights.len ? (float)weights[label] : 1.0f;
}

/// Computes the number of samples over the sum of all weights, or 0 if no target counts; one block.
KERNEL(class_factor, Ignored ignored, u32 classes, u32 samples, Span<const float> weights, Span<const u32> t, Span<float> factor) {
    SHARED(double, partial, WARP);
    double sum = 0.0;
    for (u64 i = threadIdx.x; i < t.len; i += blockDim.x) sum += (double)target_weight(ignored, weights, classes, t[i]);
    sum = block_sum(sum, partial);
    if (threadIdx.x == 0) factor[0] = sum == 0.0 ? 0.0f : (float)((double)samples / sum);
}

/// Returns whether the formula contains the weights of all classes.
DEVICE bool smooth_and_weighted(Loss f, Span<const float> weights) {
    return (Of)f.kind == Of::CrossEntropy && f.a != 0.0f && weights.len > 0;
}

/// Computes the weighted loss of every target.
KERNEL(weighted_class_loss, Loss f, Shape s, Ignored ignored, u32 lanes, Span<const float> weights, Span<const float> x,
       Span<const u32> t, Span<float> values) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 i = group.row; i < values.len; i += group.step) {
        u32 label = t[i];
        float weight = target_weight(ignored, weights, s.classes, label), loss = 0.0f;
        Row row = row_of(s, i, x);
        if (weight != weight) {
            loss = weight;
        } else if (ignored.ignores && label == ignored.label) {
            loss = 0.0f;
        } else if (smooth_and_weighted(f, weights)) {
            float2 by = exp_sum(group, row, partial);
            float log_sum = logf(by.y), sum = 0.0f;
            for (u32 c = group.lane; c < row.n; c += group.lanes) sum += weights[c] * (log_sum - (at(row, c) - by.x));
            sum = group_sum(group, sum, partial);
            loss = (1.0f - f.a) * weight * (log_sum - (at(row, label) - by.x)) + f.a / (float)row.n * sum;
        } else if (weight != 0.0f) {
            loss = weight * value(f, group, row, label, partial);
        }
        if (group.lane == 0) values[i] = loss;
    }
}

/// Adds up the losses of the targets of each sample.
KERNEL(weighted_class_sums, u32 lanes, Span<const u32> ends, u32 len, u32 per_row, Span<const float> factor,
       Span<const float> values, Span<float> losses) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 sample = group.row; sample < losses.len; sample += group.step) {
        u64 from = (u64)first_row(ends, len, (u32)sample) * per_row, end = (u64)end_row(ends, len, (u32)sample) * per_row;
        float sum = 0.0f;
        for (u64 i = from + group.lane; i < end; i += group.lanes) sum += values[i];
        sum = group_sum(group, sum, partial);
        if (group.lane == 0) losses[sample] = factor[0] * sum;
    }
}

/// Computes the gradient of the weighted losses.
KERNEL(weighted_class_loss_backward, Loss f, Shape s, Ignored ignored, u32 lanes, Span<const u32> ends, u32 len, u32 per_row,
       u32 samples, Span<const float> weights, Span<const float> factor, Span<const float> x, Span<const u32> t,
       Span<const float> scale, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 i = group.row; i < t.len; i += group.step) {
        u32 label = t[i];
        float weight = target_weight(ignored, weights, s.classes, label);
        u64 sample = sample_of_row(ends, len, (u32)(i / per_row));
        float of_sample = factor[0] * weight_of(scale, sample, samples);
        Row row = row_of(s, i, x);
        bool smooth = smooth_and_weighted(f, weights) && label < s.classes;
        if ((ignored.ignores && label == ignored.label) || (weight == 0.0f && !smooth)) {
            for (u32 c = group.lane; c < row.n; c += group.lanes) accumulate(d, row.start + c * row.step, 0.0f, add);
        } else if (smooth) {
            float2 by = exp_sum(group, row, partial);
            float own = of_sample * (1.0f - f.a) * weight, share = of_sample * f.a / (float)row.n, sum = 0.0f;
            for (u32 c = group.lane; c < row.n; c += group.lanes) sum += weights[c];
            float softmax = (own + share * group_sum(group, sum, partial)) / by.y;
            for (u32 c = group.lane; c < row.n; c += group.lanes) {
                float slope = softmax * expf(at(row, c) - by.x) - share * weights[c] - (c == label ? own : 0.0f);
                accumulate(d, row.start + c * row.step, slope, add);
            }
        } else {
            write_gradient(f, group, row, label, of_sample * weight, d, add, partial);
        }
    }
}
