// 8 elements at a time, and as bf16: what the matrix units multiply.
#pragma once
#include "mma.cuh"

/// 8 elements of a row, `left` of which there are; zeros for the others. `vectors` when there are 8, at a multiple of 16 bytes.
DEVICE void read_8(float (&v)[8], Span<const float> x, u64 at, u32 left, bool vectors) {
    if (vectors) {
        float4 a = load4(x, at), b = load4(x, at + 4);
        v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w, v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
        return;
    }
#pragma unroll
    for (u32 e = 0; e < 8; e++) v[e] = e < left ? x[at + e] : 0.0f;
}
/// 8 elements as bf16: 4 words from `at` on.
DEVICE void write_bf16_8(Span<float> y, u64 at, const float (&v)[8]) {
    store4(y, at, make_float4(__uint_as_float(to_bf16(v[0], v[1])), __uint_as_float(to_bf16(v[2], v[3])),
                              __uint_as_float(to_bf16(v[4], v[5])), __uint_as_float(to_bf16(v[6], v[7]))));
}
