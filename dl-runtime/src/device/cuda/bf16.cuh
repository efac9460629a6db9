// bf16, the upper half of a float: what the matrix units multiply.
#pragma once

/// The nearest bf16, of two equally near ones the even; NaN stays NaN.
DEVICE u32 bf16(float x) {
    u32 bits = __float_as_uint(x);
    return x != x ? bits >> 16 | 0x40u : (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
}
/// Two of them in one word, the first in the lower half.
DEVICE float bf16_pair(float first, float second) { return __uint_as_float(bf16(first) | bf16(second) << 16); }

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
    store4(y, at, make_float4(bf16_pair(v[0], v[1]), bf16_pair(v[2], v[3]), bf16_pair(v[4], v[5]), bf16_pair(v[6], v[7])));
}
