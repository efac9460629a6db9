// Reversals of sequences: threads are laid out along the rows that are written.
#include "axes.cuh"

KERNEL(reverse_rows, Rows rows, u32 size, Span<const float> x, Span<float> y, u32 add) {
    fill_rows(
        rows, y, add,
        [&](u32 row) {
            u32 t = row % size;
            return (u64)(row - t + size - 1 - t) * rows.len;
        },
        [&](u64 from, u64, u32 j) { return x[from + j]; });
}
