// Products of small matrices on the tensor cores of a warp, with float32 sums.
//
// Operands are words of 32 bits: one number rounded to TF32, or two neighbours along k as bf16 (the first in the low
// half). Both kinds have the same layout in words. With `row = lane / 4` and `place = lane % 4`, a lane holds
//   of A, 16 by 8 words: {(row, place), (row + 8, place), (row, place + 4), (row + 8, place + 4)},
//   of B, 8 words by 8:  {(place, row), (place + 4, row)},
//   of D, 16 by 8:       {(row, 2·place), (row, 2·place + 1), (row + 8, 2·place), (row + 8, 2·place + 1)}
// (PTX ISA, mma.m16n8k8 for .tf32 and mma.m16n8k16 for .bf16).
#pragma once

#ifdef DL_EMULATED

/// Rounds to TF32: ten bits of fraction, to nearest, ties away from zero.
DEVICE u32 to_tf32(float x) {
    u32 bits = __float_as_uint(x);
    return not_finite(x) ? bits : (bits + 0x1000u) & 0xFFFFE000u;
}
/// Rounds to bf16: to nearest, ties to even.
DEVICE u32 to_bf16(float x) {
    u32 bits = __float_as_uint(x);
    return x != x ? 0x7FFFu : (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
}
/// Rounds two numbers to bf16; the first goes to the low half of the word.
DEVICE u32 to_bf16(float low, float high) { return to_bf16(high) << 16 | to_bf16(low); }

/// D += A·B with the hardware's distribution over lanes: each lane shuffles in the rows and columns that it needs.
template <class Dot>
DEVICE void emulated_mma(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2], Dot dot) {
    u32 lane = threadIdx.x % WARP, row = lane / 4, column = lane % 4 * 2;
    for (u32 place = 0; place < 4; place++) {
        u32 from = row * 4 + place;
        u32 left[4], right[2][2];
        for (u32 i = 0; i < 4; i++) left[i] = __shfl_sync(ALL_LANES, a[i], from);
        for (u32 side = 0; side < 2; side++)
            for (u32 i = 0; i < 2; i++) right[side][i] = __shfl_sync(ALL_LANES, b[i], (column + side) * 4 + place);
        for (u32 i = 0; i < 4; i++) {
            const u32* both = right[i % 2];
            d[i] += dot(left[i / 2], both[0]) + dot(left[i / 2 + 2], both[1]);
        }
    }
}
DEVICE void mma_tf32(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    emulated_mma(d, a, b, [](u32 x, u32 y) {
        return __uint_as_float(x & 0xFFFFE000u) * __uint_as_float(y & 0xFFFFE000u);
    });
}
DEVICE void mma_bf16(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    emulated_mma(d, a, b, [](u32 x, u32 y) {
        return __uint_as_float(x << 16) * __uint_as_float(y << 16) +
               __uint_as_float(x & 0xFFFF0000u) * __uint_as_float(y & 0xFFFF0000u);
    });
}

#else

/// Rounds to TF32: ten bits of fraction, to nearest, ties away from zero.
DEVICE u32 to_tf32(float x) {
    u32 word;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(x));
    return word;
}
/// Rounds two numbers to bf16 (to nearest, ties to even); the first goes to the low half of the word.
DEVICE u32 to_bf16(float low, float high) {
    u32 word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
}

/// D += A·B, where A is 16 by 8 and B is 8 by 8 numbers.
DEVICE void mma_tf32(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// D += A·B, where A is 16 by 16 and B is 16 by 8 numbers.
DEVICE void mma_bf16(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif
