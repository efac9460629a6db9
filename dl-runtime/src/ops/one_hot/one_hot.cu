// One-hot vectors: threads are laid out along the vectors.
#include "axes.cuh"

KERNEL(one_hot, Rows rows, Span<const u32> indices, Span<float> y) {
    fill_rows(
        rows, y, 0, [&](u32 row) { return indices[row]; },
        [&](u32 index, u64, u32 j) {
            if (index >= rows.len) return __uint_as_float(0x7FC00000u);
            return j == index ? 1.0f : 0.0f;
        });
}
