// Stochastic depth: threads are laid out along the rows of samples, each of which has a factor.
#include "axes.cuh"
#include "sequences.cuh"

/// `Purpose::StochasticDepth`.
#define STOCHASTIC_DEPTH 4u

KERNEL(stochastic_depth, Rows rows, Span<const u32> ends, u32 len, u64 seed, u32 id, u32 threshold, float scale,
       Span<const float> x, Span<float> y, u32 add) {
    fill_rows(
        rows, y, add,
        [&](u32 row) {
            u32 sample = sample_of_row(ends, len, row);
            // Word `i % 64` of a group is output `i % 64 / 16` of its counter `i % 16`.
            Words words = philox(seed, id, STOCHASTIC_DEPTH, (u64)(sample / 64) * 16 + sample % 16);
            u32 output = sample % 64 / 16;
            u32 word = output == 0 ? words.a : output == 1 ? words.b : output == 2 ? words.c : words.d;
            return word >= threshold ? scale : 0.0f;
        },
        [&](float factor, u64 i, u32) { return factor * x[i]; });
}
