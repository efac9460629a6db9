// Connectionist temporal classification (ctc.rs): a block for each sample goes along its rows, a thread for each state.
#include "loss.cuh"
#include "sequences.cuh"

struct Settings {
    u32 classes, blank, zero_infinity;
    /// The most rows and states of a sample.
    u32 rows, states;
};
/// The memory of one sample, as `Sample` in ctc.rs.
struct Memory {
    Span<float> total, labels, log_sums, alpha, beta;
};
DEVICE Memory memory_of(Settings s, Span<float> all, u64 sample) {
    u64 at = sample * (2 + s.states + (u64)s.rows * (2 * s.states + 1)), table = (u64)s.rows * s.states;
    u64 labels = at + 2, sums = labels + s.states, alpha = sums + s.rows;
    return Memory{all.part(at, 2), all.part(labels, s.states), all.part(sums, s.rows), all.part(alpha, table),
                  all.part(alpha + table, table)};
}

/// `ln(e^a + e^b)`.
DEVICE float log_add(float a, float b) {
    bool first = a > b || a != a;
    float most = first ? a : b, least = first ? b : a;
    return most == MINUS_INFINITY ? most : most + log1pf(expf(least - most));
}
/// Returns the class of a state: blanks and labels take turns.
DEVICE u32 class_of(Settings s, Memory m, u32 state) {
    return state % 2 == 0 ? s.blank : __float_as_uint(m.labels[state / 2]);
}
/// Returns whether the state two before may come right before this one: both are labels, and they differ.
DEVICE bool skips(Settings s, Memory m, u32 state) {
    return state >= 2 && state % 2 == 1 && class_of(s, m, state) != class_of(s, m, state - 2);
}

KERNEL(ctc_states, Settings s, u32 samples, u32 gradient, Span<const u32> ends, u32 len, Span<const u32> label_ends, u32 label_len,
       Span<const float> x, Span<const u32> t, Span<float> memory) {
    SHARED(float, partial, WARP);
    for (u32 sample = blockIdx.x; sample < samples; sample += gridDim.x) {
        Memory m = memory_of(s, memory, sample);
        u32 first = first_row(ends, len, sample), rows = end_row(ends, len, sample) - first;
        if (threadIdx.x == 0) {
            u32 n = 0, from = first_row(label_ends, label_len, sample), end = end_row(label_ends, label_len, sample);
            float wrong = 0.0f;
            for (u32 i = from; i < end; i++) {
                u32 label = t[i];
                if (label == s.blank) continue;
                if (label >= s.classes) wrong = NOT_A_NUMBER;
                m.labels[n++] = __uint_as_float(label);
            }
            m.total[0] = wrong;
            m.total[1] = __uint_as_float(n);
        }
        __syncthreads();
        float wrong = m.total[0];
        u32 labels = __float_as_uint(m.total[1]), states = 2 * labels + 1;
        for (u32 row = 0; row < rows; row++) {
            u64 at = (u64)(first + row) * s.classes;
            float most = MINUS_INFINITY, sum = 0.0f;
            for (u32 c = threadIdx.x; c < s.classes; c += blockDim.x) most = larger(most, x[at + c]);
            most = block_max(most, partial);
            for (u32 c = threadIdx.x; c < s.classes; c += blockDim.x) sum += expf(x[at + c] - most);
            sum = block_sum(sum, partial);
            if (threadIdx.x == 0) m.log_sums[row] = most + logf(sum);
        }
        __syncthreads();
        // The condition is the same for the whole block, as the barriers need.
        if (wrong == wrong) {
            for (u32 row = 0; row < rows; row++) {
                u64 at = (u64)row * states;
                for (u32 state = threadIdx.x; state < states; state += blockDim.x) {
                    float from = state < 2 ? 0.0f : MINUS_INFINITY;
                    if (row > 0) {
                        u64 before = at - states;
                        float one = MINUS_INFINITY, two = MINUS_INFINITY;
                        if (state >= 1) one = m.alpha[before + state - 1];
                        if (skips(s, m, state)) two = m.alpha[before + state - 2];
                        from = log_add(log_add(m.alpha[before + state], one), two);
                    }
                    u64 logit = (u64)(first + row) * s.classes + class_of(s, m, state);
                    m.alpha[at + state] = from + (x[logit] - m.log_sums[row]);
                }
                __syncthreads();
            }
            if (threadIdx.x == 0) {
                float total = labels > 0 ? MINUS_INFINITY : 0.0f;
                if (rows > 0) {
                    u64 last = (u64)(rows - 1) * states + states - 1;
                    total = m.alpha[last];
                    if (labels > 0) total = log_add(total, m.alpha[last - 1]);
                }
                m.total[0] = total;
            }
            for (u32 back = 0; back < (gradient ? rows : 0); back++) {
                u32 row = rows - 1 - back;
                u64 at = (u64)row * states, after = at + states;
                for (u32 state = threadIdx.x; state < states; state += blockDim.x) {
                    float sum = state + 2 >= states ? 0.0f : MINUS_INFINITY;
                    if (row + 1 < rows) {
                        sum = MINUS_INFINITY;
                        for (u32 to = state; to < states && to <= state + 2; to++) {
                            if (to == state + 2 && !skips(s, m, to)) continue;
                            u64 logit = (u64)(first + row + 1) * s.classes + class_of(s, m, to);
                            sum = log_add(sum, m.beta[after + to] + (x[logit] - m.log_sums[row + 1]));
                        }
                    }
                    m.beta[at + state] = sum;
                }
                __syncthreads();
            }
        }
        __syncthreads();
    }
}

KERNEL(ctc_losses, Settings s, Span<float> memory, Span<float> losses) {
    for (u64 sample = thread(); sample < losses.len; sample += threads()) {
        Memory m = memory_of(s, memory, sample);
        float total = m.total[0];
        u32 n = __float_as_uint(m.total[1]);
        bool zero = s.zero_infinity && total == MINUS_INFINITY;
        losses[sample] = zero ? 0.0f : -total / (float)(n > 0 ? n : 1);
    }
}

KERNEL(ctc_gradient, Settings s, u32 samples, u64 rows, Span<const u32> ends, u32 len, Span<float> memory, Span<const float> x,
       Span<const float> scale, Span<float> d, u32 add) {
    for (u64 row = blockIdx.x; row < rows; row += gridDim.x) {
        u32 sample = sample_of_row(ends, len, (u32)row);
        Memory m = memory_of(s, memory, sample);
        u64 at = row - first_row(ends, len, sample), logits = row * s.classes;
        float total = m.total[0];
        u32 n = __float_as_uint(m.total[1]), states = 2 * n + 1;
        float weight = weight_of(scale, sample, samples) / (float)(n > 0 ? n : 1);
        bool finite = !not_finite(total);
        float other = s.zero_infinity && total == MINUS_INFINITY ? 0.0f : NOT_A_NUMBER;
        for (u32 c = threadIdx.x; c < s.classes; c += blockDim.x) {
            float slope = finite ? weight * expf(x[logits + c] - m.log_sums[at]) : other;
            accumulate(d, logits + c, slope, add);
        }
        __syncthreads();
        // Several states may have one class, so one thread adds them in order.
        for (u32 state = 0; threadIdx.x == 0 && finite && state < states; state++) {
            float share = expf(m.alpha[at * states + state] + m.beta[at * states + state] - total);
            u64 i = logits + class_of(s, m, state);
            d[i] = d[i] - weight * share;
        }
        __syncthreads();
    }
}
