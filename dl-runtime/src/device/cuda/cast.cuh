// Reads elements and writes them as bf16, for the tensor cores.
#pragma once
#include "elementwise.cuh"
#include "mma.cuh"

/// Reads 8 elements of a row from `at` on. Only `left` of them exist, and the others are zero. `vectors` promises that
/// all 8 exist and that their address is a multiple of 16 bytes.
DEVICE void read_8(float (&v)[8], Span<const float> x, u64 at, u32 left, bool vectors) {
    if (vectors) {
        float4 a = load4(x, at), b = load4(x, at + 4);
        v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w, v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
        return;
    }
#pragma unroll
    for (u32 e = 0; e < 8; e++) v[e] = e < left ? x[at + e] : 0.0f;
}
/// Writes 8 elements as bf16, to the 4 words from `at` on.
DEVICE void write_bf16_8(Span<float> y, u64 at, const float (&v)[8]) {
    store4(y, at, make_float4(__uint_as_float(to_bf16(v[0], v[1])), __uint_as_float(to_bf16(v[2], v[3])),
                              __uint_as_float(to_bf16(v[4], v[5])), __uint_as_float(to_bf16(v[6], v[7]))));
}

/// `Extension::Round`: writes elements as bf16, two to a word, unless `halves` is empty. Those at the end that are no four are left out.
DEVICE void write_bf16(Span<float> halves, Four at, float4 v) {
    if (halves.len == 0) return;
    halves[at.i / 2] = __uint_as_float(to_bf16(v.x, v.y));
    halves[at.i / 2 + 1] = __uint_as_float(to_bf16(v.z, v.w));
}
DEVICE void write_bf16(Span<float>, One, float) {}
