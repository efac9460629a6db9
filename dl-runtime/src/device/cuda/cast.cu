// The cast of matrices to bf16, for products on the tensor cores.
#include "cast.cuh"

// Writes the rows of `x` to `y` as bf16, two to a word. Rows are padded with zeros to a multiple of 8, since cuBLASLt
// needs rows at multiples of 16 bytes. A thread handles 8 elements at a time.
KERNEL(cast_bf16, u32 columns, Span<const float> x, Span<float> y) {
    u32 groups = (columns + 7) / 8;
    if (columns % 8 == 0 && aligned(x)) {
#pragma unroll 2
        for (u64 g = thread(); g < y.len / 4; g += threads()) {
            float v[8];
            read_8(v, x, g * 8, 8, true);
            write_bf16_8(y, g * 4, v);
        }
        return;
    }
    for (u64 g = thread(); g < y.len / 4; g += threads()) {
        u64 row = g / groups;
        u32 column = (u32)(g - row * groups) * 8;
        float v[8];
        read_8(v, x, row * columns + column, columns - column, false);
        write_bf16_8(y, g * 4, v);
    }
}
