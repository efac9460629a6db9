// Positions: threads are laid out along the rows.
#include "axes.cuh"
#include "sequences.cuh"

/// Returns the position of a row in its sample, after the earlier rows of its stream if there are streams.
DEVICE u32 position(Span<const u32> ends, u32 len, Span<const u32> past, u32 row) {
    u32 sample = sample_of_row(ends, len, row);
    return row - first_row(ends, len, sample) + (past.len == 0 ? 0 : past[sample]);
}

KERNEL(positions_add, Rows rows, Span<const u32> ends, u32 len, Span<const u32> past, Span<const float> positions, Span<const float> x, Span<float> y) {
    fill_rows(
        rows, y, 0, [&](u32 row) { return (u64)position(ends, len, past, row) * rows.len; },
        [&](u64 at, u64 i, u32 j) { return x[i] + positions[at + j]; });
}

// The sum over the samples that have a row at this position.
KERNEL(positions_add_backward, u32 features, Span<const u32> ends, u32 len, u32 samples, Span<const float> dy, Span<float> d, u32 add) {
    for (u64 i = thread(); i < d.len; i += threads()) {
        u32 t = (u32)(i / features), feature = (u32)(i % features);
        float sum = 0.0f;
        u32 first = 0;
        for (u32 sample = 0; sample < samples; sample++) {
            u32 end = end_row(ends, len, sample);
            if (t < end - first) sum += dy[(u64)(first + t) * features + feature];
            first = end;
        }
        accumulate(d, i, sum, add);
    }
}

// In double precision, since angles grow with the position. Sines and cosines alternate in order 0, and are halves of the row in order 1.
KERNEL(positions_add_sinusoids, u32 order, u32 features, Span<const u32> ends, u32 len, Span<const u32> past, Span<const float> x, Span<float> y) {
    for (u64 i = thread(); i < y.len; i += threads()) {
        u32 t = position(ends, len, past, (u32)(i / features)), feature = (u32)(i % features);
        u32 half = features / 2, pair = order == 0 ? feature / 2 : feature % half, cosine = order == 0 ? feature % 2 : feature / half;
        double angle = (double)t * exp(-9.210340371976184 * (double)(2 * pair) / (double)features);
        y[i] = x[i] + (float)(cosine == 0 ? sin(angle) : cos(angle));
    }
}
