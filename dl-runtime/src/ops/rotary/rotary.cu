// Rotary position embedding: a thread for each pair of features of a row, which rotates that pair of every head.
#include "sequences.cuh"

struct Rotation {
    u32 heads, features, row, back;
    float base;
};

template <class X>
DEVICE void rotate(Rotation r, u64 rows, Span<const u32> ends, u32 len, Span<const u32> past, X x, Span<float> y, u32 add, u32 in_place) {
    u32 half = r.features / 2, rest = r.row - r.heads * r.features, each = half + rest;
    for (u64 at = thread(); at < rows * each; at += threads()) {
        u32 row = (u32)(at / each), pair = (u32)(at % each);
        u64 from = (u64)row * r.row;
        if (pair >= half) {
            u64 i = from + (u64)r.heads * r.features + (pair - half);
            if (!in_place) accumulate(y, i, x[i], add);
            continue;
        }
        u32 sample = sample_of_row(ends, len, row);
        u32 position = row - first_row(ends, len, sample);
        if (past.len != 0) position += past[sample];
        float frequency = (float)exp(-log((double)r.base) * (double)(2 * pair) / (double)r.features);
        double angle = (double)((float)position * frequency);
        float c = (float)cos(angle), s = (float)sin(angle);
        if (r.back) s = -s;
        for (u32 head = 0; head < r.heads; head++) {
            u64 i = from + head * r.features + pair;
            float a = x[i], b = x[i + half];
            accumulate(y, i, fmaf(a, c, -(b * s)), add);
            accumulate(y, i + half, fmaf(b, c, a * s), add);
        }
    }
}

KERNEL(rotary_rotate, Rotation r, u64 rows, Span<const u32> ends, u32 len, Span<const u32> past, Span<const float> x, Span<float> y, u32 add) {
    rotate(r, rows, ends, len, past, x, y, add, 0);
}

KERNEL(rotary_rotate_in_place, Rotation r, u64 rows, Span<const u32> ends, u32 len, Span<const u32> past, Span<float> x) {
    rotate(r, rows, ends, len, past, x, x, 0, 1);
}
