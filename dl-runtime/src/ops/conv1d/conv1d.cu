// Convolutions along time: the windows of rows, `[rows, inputs, kernel]`, and products of groups with them. mod.rs has the formulas.
#include "reduce.cuh"
#include "sequences.cuh"

/// Sizes of a convolution: `of_group` elements of a window, and `outputs_of_group` outputs, belong to each group.
struct Sizes {
    u32 inputs, outputs, kernel, dilation, before, of_group, outputs_of_group;
};

/// A row, and those of its sample: from `first` up to `end`.
struct Place {
    u32 row, sample, first, end;
};

DEVICE Place place(Span<const u32> ends, u32 len, u32 row) {
    u32 sample = sample_of_row(ends, len, row);
    return Place{row, sample, first_row(ends, len, sample), end_row(ends, len, sample)};
}

/// The windows; rows before the first one of a sample are in `past`, `[samples, before, inputs]`, or zero if it is empty.
KERNEL(conv1d_gather, Rows rows, Sizes s, Span<const u32> ends, u32 len, Span<const float> past, Span<const float> x,
       Span<float> windows) {
    fill_rows(
        rows, windows, 0u, [&](u32 row) { return place(ends, len, row); },
        [&](Place at, u64, u32 j) {
            u32 feature = j / s.kernel, tap = j - feature * s.kernel;
            // The row that this element of the kernel sees is `row - before`.
            u64 row = at.row + (u64)tap * s.dilation;
            if (row < (u64)at.first + s.before) {
                if (past.len == 0) return 0.0f;
                return past[((u64)at.sample * s.before + row - at.first) * s.inputs + feature];
            }
            return row < (u64)at.end + s.before ? x[(row - s.before) * s.inputs + feature] : 0.0f;
        });
}

/// The gradient to the rows: the sums of what the windows have of each.
KERNEL(conv1d_gather_backward, Rows rows, Sizes s, Span<const u32> ends, u32 len, Span<const float> d_windows, Span<float> dx,
       u32 add) {
    fill_rows(
        rows, dx, add, [&](u32 row) { return place(ends, len, row); },
        [&](Place at, u64, u32 feature) {
            float sum = 0.0f;
            for (u32 tap = 0; tap < s.kernel; tap++) {
                // The row whose window has this one at `tap`.
                u64 row = (u64)at.row + s.before, back = (u64)tap * s.dilation;
                if (row < at.first + back || row >= at.end + back) continue;
                sum += d_windows[((row - back) * s.inputs + feature) * s.kernel + tap];
            }
            return sum;
        });
}

/// Moves the rows of each sample into the last `before` rows that its stream has seen. A thread has one feature of a stream, and goes
/// forward, so that it reads what it moves before it writes there.
KERNEL(conv1d_remember, Sizes s, u32 samples, Span<const u32> ends, u32 len, Span<const float> x, Span<float> past) {
    u64 n = (u64)samples * s.inputs;
    for (u64 i = thread(); i < n; i += threads()) {
        u32 sample = (u32)(i / s.inputs), feature = (u32)(i - (u64)sample * s.inputs);
        u32 end = end_row(ends, len, sample), added = end - first_row(ends, len, sample);
        u64 own = (u64)sample * s.before;
        for (u32 row = 0; row < s.before; row++) {
            // Row `row` of the last `before` ones is so many before the end.
            u32 left = s.before - row;
            past[(own + row) * s.inputs + feature] =
                left <= added ? x[(u64)(end - left) * s.inputs + feature] : past[(own + row + added) * s.inputs + feature];
        }
    }
}

/// `y = windows·Wᵀ + b` for each group.
KERNEL(conv1d_grouped, Sizes s, Span<const float> weight, Span<const float> bias, Span<const float> windows, Span<float> y) {
    for (u64 i = thread(); i < y.len; i += threads()) {
        u64 row = i / s.outputs;
        u32 output = (u32)(i - row * s.outputs), group = output / s.outputs_of_group;
        u64 from = row * s.inputs * s.kernel + (u64)group * s.of_group, weights = (u64)output * s.of_group;
        float sum = bias.len > 0 ? bias[output] : 0.0f;
        for (u32 j = 0; j < s.of_group; j++) sum = fmaf(weight[weights + j], windows[from + j], sum);
        y[i] = sum;
    }
}

/// `d windows = dy·W` for each group.
KERNEL(conv1d_grouped_windows, Sizes s, Span<const float> weight, Span<const float> dy, Span<float> d_windows) {
    u32 window = s.inputs * s.kernel;
    for (u64 i = thread(); i < d_windows.len; i += threads()) {
        u64 row = i / window;
        u32 at = (u32)(i - row * window), group = at / s.of_group, j = at - group * s.of_group;
        float sum = 0.0f;
        for (u32 o = group * s.outputs_of_group; o < (group + 1) * s.outputs_of_group; o++)
            sum = fmaf(dy[row * s.outputs + o], weight[(u64)o * s.of_group + j], sum);
        d_windows[i] = sum;
    }
}

/// `dW = dyᵀ·windows` for each group.
KERNEL(conv1d_grouped_weights, Reduction r, Axes kept, Axes reduced, Span<const float> windows, Span<const float> dy, Span<float> d,
       u32 add) {
    SHARED(float, partial, WARP);
    reduce<Plus>(r, kept, reduced, partial, d, 1.0f, add, [&](u32, Offsets at) { return windows[at.left] * dy[at.right]; });
}

/// `db = Σ dy`.
KERNEL(conv1d_grouped_bias, Reduction r, Axes kept, Axes reduced, Span<const float> dy, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    reduce<Plus>(r, kept, reduced, partial, d, 1.0f, add, [&](u32, Offsets at) { return dy[at.left]; });
}
