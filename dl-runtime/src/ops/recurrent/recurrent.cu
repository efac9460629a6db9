// One step of a recurrent layer along time or back: a thread for each hidden feature of each sample. Samples that have ended are
// passed over, and keep their states. mod.rs has the formulas.
#include "activation.cuh"
#include "sequences.cuh"

#define LSTM 0u
#define GRU 1u
#define TANH 2u

/// A layer on its way along time, at one step. Of the `stride` states of a sample, its own begin with number `first`.
struct Walk {
    u32 cell, gates, hidden, state, width, column, reversed, step, stride, first;
};

/// A row, or that the sample has none at the step.
struct Row {
    bool exists;
    u64 index;
};

/// Returns the row of a sample at a step.
DEVICE Row row_at(const Walk& walk, Span<const u32> ends, u32 len, u32 sample, u32 step) {
    u32 first = first_row(ends, len, sample), end = end_row(ends, len, sample);
    if (step >= end - first) return Row{false, 0};
    return Row{true, walk.reversed ? end - 1 - step : first + step};
}

/// Copies the states of all samples from, or with `store` to, those of streams.
KERNEL(recurrent_state, Walk walk, u32 store, Span<float> states, Span<float> h, Span<float> c) {
    u32 parts = walk.state + (walk.cell == LSTM ? walk.hidden : 0);
    u64 n = h.len / walk.state * parts;
    for (u64 i = thread(); i < n; i += threads()) {
        u64 sample = i / parts, j = i - sample * parts, at = sample * walk.stride + walk.first + j;
        bool is_h = j < walk.state;
        u64 own = is_h ? sample * walk.state + j : sample * walk.hidden + j - walk.state;
        if (store) {
            states[at] = is_h ? h[own] : c[own];
        } else if (is_h) {
            h[own] = states[at];
        } else {
            c[own] = states[at];
        }
    }
}

/// The gates of a step from both sides of their sums, `a` in `gates` and `b`; then the state, or `out`, to which a projection is
/// applied.
KERNEL(recurrent_cell, Walk walk, Span<const u32> ends, u32 len, Span<const float> b, Span<float> gates, Span<float> kept,
       Span<float> c, Span<float> h, Span<float> out, Span<float> y) {
    u32 hidden = walk.hidden;
    for (u64 i = thread(); i < c.len; i += threads()) {
        u32 sample = (u32)(i / hidden), j = (u32)(i - (u64)sample * hidden);
        Row row = row_at(walk, ends, len, sample, walk.step);
        if (!row.exists) continue;
        u64 a = row.index * walk.gates + j, at = (u64)sample * walk.gates + j;
        float result, keep;
        if (walk.cell == LSTM) {
            float in = sigmoid(gates[a] + b[at]);
            float forget = sigmoid(gates[a + hidden] + b[at + hidden]);
            float candidate = tanhf(gates[a + 2 * hidden] + b[at + 2 * hidden]);
            float show = sigmoid(gates[a + 3 * hidden] + b[at + 3 * hidden]);
            gates[a] = in;
            gates[a + hidden] = forget;
            gates[a + 2 * hidden] = candidate;
            gates[a + 3 * hidden] = show;
            keep = forget * c[i] + in * candidate;
            c[i] = keep;
            result = show * tanhf(keep);
        } else if (walk.cell == GRU) {
            float reset = sigmoid(gates[a] + b[at]);
            float update = sigmoid(gates[a + hidden] + b[at + hidden]);
            keep = b[at + 2 * hidden];
            float candidate = tanhf(gates[a + 2 * hidden] + reset * keep);
            gates[a] = reset;
            gates[a + hidden] = update;
            gates[a + 2 * hidden] = candidate;
            result = candidate + update * (h[i] - candidate);
        } else {
            float sum = gates[a] + b[at];
            result = walk.cell == TANH ? tanhf(sum) : sum < 0.0f ? 0.0f : sum;
            gates[a] = result;
            keep = 0.0f;
        }
        if (kept.len > 0) kept[row.index * hidden + j] = keep;
        if (out.len > 0) {
            out[i] = result;
        } else {
            h[i] = result;
            y[row.index * walk.width + walk.column + j] = result;
        }
    }
}

/// Makes the results of a projection the states of the samples that have a row at the step.
KERNEL(recurrent_projected, Walk walk, Span<const u32> ends, u32 len, Span<const float> results, Span<float> h, Span<float> y) {
    for (u64 i = thread(); i < h.len; i += threads()) {
        u32 sample = (u32)(i / walk.state), j = (u32)(i - (u64)sample * walk.state);
        Row row = row_at(walk, ends, len, sample, walk.step);
        if (!row.exists) continue;
        h[i] = results[i];
        y[row.index * walk.width + walk.column + j] = results[i];
    }
}

/// Completes the gradient to the states of a step by that to the output, and copies what the gradients to the weights need: the
/// states before and, if there is a projection, the gradient to its result.
KERNEL(recurrent_gather, Walk walk, Span<const u32> ends, u32 len, Span<const float> y, Span<const float> dy,
       Span<const float> initial, Span<float> dh, Span<float> before, Span<float> outside) {
    for (u64 i = thread(); i < dh.len; i += threads()) {
        u32 sample = (u32)(i / walk.state), j = (u32)(i - (u64)sample * walk.state);
        Row row = row_at(walk, ends, len, sample, walk.step);
        if (!row.exists) continue;
        u32 feature = walk.column + j;
        float d = dh[i] + dy[row.index * walk.width + feature];
        dh[i] = d;
        u64 to = row.index * walk.state + j;
        if (outside.len > 0) outside[to] = d;
        float h = 0.0f;
        if (walk.step > 0) {
            h = y[row_at(walk, ends, len, sample, walk.step - 1).index * walk.width + feature];
        } else if (initial.len > 0) {
            h = initial[(u64)sample * walk.stride + walk.first + j];
        }
        before[to] = h;
    }
}

/// The gradients to both sides of the sums of the gates, from that to the state, or to what a projection is applied to: `d`. It becomes
/// the part for the state before that goes past the product.
KERNEL(recurrent_cell_backward, Walk walk, Span<const u32> ends, u32 len, Span<const float> gates, Span<const float> kept,
       Span<const float> initial, Span<const float> before, Span<float> d, Span<float> dc, Span<float> d_input_side,
       Span<float> d_hidden_side, Span<float> db, Span<float> inside) {
    u32 hidden = walk.hidden;
    for (u64 i = thread(); i < d.len; i += threads()) {
        u32 sample = (u32)(i / hidden), j = (u32)(i - (u64)sample * hidden);
        Row row = row_at(walk, ends, len, sample, walk.step);
        if (!row.exists) continue;
        u64 a = row.index * walk.gates + j, at = (u64)sample * walk.gates + j, keep = row.index * hidden + j;
        float dh = d[i];
        if (walk.cell == LSTM) {
            float in = gates[a], forget = gates[a + hidden], candidate = gates[a + 2 * hidden], show = gates[a + 3 * hidden];
            float c_before = 0.0f;
            if (walk.step > 0) {
                c_before = kept[row_at(walk, ends, len, sample, walk.step - 1).index * hidden + j];
            } else if (initial.len > 0) {
                c_before = initial[(u64)sample * walk.stride + walk.first + walk.state + j];
            }
            float t = tanhf(kept[keep]);
            float dcell = dc[i] + dh * show * (1.0f - t * t);
            float d_in = dcell * candidate * in * (1.0f - in), d_forget = dcell * c_before * forget * (1.0f - forget);
            float d_candidate = dcell * in * (1.0f - candidate * candidate), d_show = dh * t * show * (1.0f - show);
            dc[i] = dcell * forget;
            d_input_side[a] = db[at] = d_in;
            d_input_side[a + hidden] = db[at + hidden] = d_forget;
            d_input_side[a + 2 * hidden] = db[at + 2 * hidden] = d_candidate;
            d_input_side[a + 3 * hidden] = db[at + 3 * hidden] = d_show;
            if (inside.len > 0) inside[keep] = show * t;
        } else if (walk.cell == GRU) {
            float reset = gates[a], update = gates[a + hidden], candidate = gates[a + 2 * hidden];
            float d_candidate = dh * (1.0f - update) * (1.0f - candidate * candidate);
            float d_reset = d_candidate * kept[keep] * reset * (1.0f - reset);
            float d_update = dh * (before[row.index * walk.state + j] - candidate) * update * (1.0f - update);
            d_input_side[a] = d_hidden_side[a] = db[at] = d_reset;
            d_input_side[a + hidden] = d_hidden_side[a + hidden] = db[at + hidden] = d_update;
            d_input_side[a + 2 * hidden] = d_candidate;
            d_hidden_side[a + 2 * hidden] = db[at + 2 * hidden] = d_candidate * reset;
            d[i] = dh * update;
        } else {
            float h = gates[a];
            float sum = walk.cell == TANH ? dh * (1.0f - h * h) : h > 0.0f ? dh : 0.0f;
            d_input_side[a] = db[at] = sum;
        }
    }
}
