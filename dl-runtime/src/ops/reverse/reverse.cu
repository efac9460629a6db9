// Reversals of sequences: threads are laid out along the rows that are written.
#include "axes.cuh"
#include "sequences.cuh"

KERNEL(reverse_rows, Rows rows, Span<const u32> ends, u32 len, Span<const float> x, Span<float> y, u32 add) {
    fill_rows(
        rows, y, add,
        [&](u32 row) {
            u32 sample = sample_of_row(ends, len, row);
            return (u64)(first_row(ends, len, sample) + end_row(ends, len, sample) - 1 - row) * rows.len;
        },
        [&](u64 from, u64, u32 j) { return x[from + j]; });
}
