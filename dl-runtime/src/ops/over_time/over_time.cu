// Reductions over the time of sequences. A thread goes along the rows of a sample for one feature, so that reads of neighbours coalesce.
#include "sequences.cuh"

#define FIRST 0u
#define LAST 1u
#define MEAN 3u

/// Returns the factor of row `t` of `rows`.
DEVICE float factor(u32 function, u32 t, u32 rows) {
    if (function == FIRST) return t == 0 ? 1.0f : 0.0f;
    if (function == LAST) return t + 1 == rows ? 1.0f : 0.0f;
    return function == MEAN ? 1.0f / (float)rows : 1.0f;
}

KERNEL(over_time, u32 function, Span<const u32> ends, u32 len, u32 row, Span<const float> x, Span<float> y, u32 add) {
    for (u64 i = thread(); i < y.len; i += threads()) {
        u32 sample = (u32)(i / row), feature = (u32)(i % row);
        u32 first = first_row(ends, len, sample), end = end_row(ends, len, sample);
        float sum = 0.0f;
        if (function == FIRST || function == LAST) {
            if (first < end) sum = x[(u64)(function == FIRST ? first : end - 1) * row + feature];
        } else {
            for (u32 t = first; t < end; t++) sum += x[(u64)t * row + feature];
            if (first < end) sum *= factor(function, 0, end - first);
        }
        accumulate(y, i, sum, add);
    }
}

KERNEL(over_time_backward, u32 function, Span<const u32> ends, u32 len, u32 row, Span<const float> dy, Span<float> dx, u32 add) {
    for (u64 i = thread(); i < dx.len; i += threads()) {
        u32 at = (u32)(i / row), feature = (u32)(i % row);
        u32 sample = sample_of_row(ends, len, at);
        u32 first = first_row(ends, len, sample), end = end_row(ends, len, sample);
        accumulate(dx, i, factor(function, at - first, end - first) * dy[(u64)sample * row + feature], add);
    }
}

KERNEL(max_over_time, Span<const u32> ends, u32 len, u32 row, Span<const float> x, Span<float> y) {
    for (u64 i = thread(); i < y.len; i += threads()) {
        u32 sample = (u32)(i / row), feature = (u32)(i % row);
        u32 first = first_row(ends, len, sample), end = end_row(ends, len, sample);
        float largest = first < end ? x[(u64)first * row + feature] : 0.0f;
        for (u32 t = first + 1; t < end; t++) {
            float v = x[(u64)t * row + feature];
            largest = largest > v || largest != largest ? largest : v;
        }
        y[i] = largest;
    }
}

KERNEL(max_over_time_backward, Span<const u32> ends, u32 len, u32 row, Span<const float> x, Span<const float> y, Span<const float> dy, Span<float> dx, u32 add) {
    for (u64 i = thread(); i < y.len; i += threads()) {
        u32 sample = (u32)(i / row), feature = (u32)(i % row);
        u32 first = first_row(ends, len, sample), end = end_row(ends, len, sample);
        u32 largest = 0;
        for (u32 t = first; t < end; t++) largest += x[(u64)t * row + feature] == y[i] ? 1 : 0;
        float part = largest > 0 ? dy[i] / (float)largest : dy[i];
        for (u32 t = first; t < end; t++) {
            u64 at = (u64)t * row + feature;
            accumulate(dx, at, x[at] == y[i] ? part : 0.0f, add);
        }
    }
}
