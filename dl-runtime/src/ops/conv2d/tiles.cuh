// Tiles of matrix products in shared memory for convolutions, in every precision.
//
// A block computes M rows by N columns in steps of WORDS words of k. A word is one number, or two numbers that are
// neighbours in k as bf16. Operands are stored at `at(half, k, i)`, which is chosen so that warps write and read them
// with few or no bank conflicts.
#pragma once
#include "mma.cuh"

/// The shape of a block's tile. With fused multiply-adds, a thread computes ROWS by COLUMNS elements of it, in groups
/// of four. With tensor cores, a warp computes WARP_M by 32 elements.
template <u32 M_, u32 N_, u32 WORDS_, u32 ROWS_, u32 COLUMNS_, u32 WARP_M_>
struct Tile {
    static const u32 M = M_, N = N_, WORDS = WORDS_, ROWS = ROWS_, COLUMNS = COLUMNS_, WARP_M = WARP_M_;
    static const u32 THREADS = M * N / (ROWS * COLUMNS), SUMS = ROWS * COLUMNS;
};
typedef Tile<16, 128, 16, 4, 4, 16> Tile16;
typedef Tile<32, 64, 32, 4, 4, 16> Tile32;
typedef Tile<64, 64, 16, 8, 4, 32> Tile64;
typedef Tile<128, 128, 16, 8, 8, 64> Tile128;

/// An operand of a tile in shared memory. It is stored twice: one half is read while the other is written. In a `DEEP`
/// operand, neighbours in k are contiguous.
template <class Number, u32 WIDTH, u32 WORDS, bool DEEP>
struct Operand {
    static const u32 LEN = DEEP ? WIDTH * (WORDS + 4) : WORDS * (WIDTH + Number::PAD);
    DEVICE u32 at(u32 half, u32 k, u32 i) {
        return half * LEN + (DEEP ? i * (WORDS + 4) + k : k * (WIDTH + Number::PAD) + i);
    }
};

/// Products in float32 by fused multiply-adds.
struct F32 {
    typedef float Word;
    static const u32 OF_WORD = 1, PAD = 4;
    static const bool DEEP = false;
    DEVICE Word word(const float (&x)[1]) { return x[0]; }

    /// Returns the row (`row`) and the column (`column`) of the thread's `i`-th sum.
    template <class T>
    DEVICE u32 row(u32 i) {
        u32 a = i / T::COLUMNS;
        return a / 4 * (T::M * 4 / T::ROWS) + threadIdx.x / (T::N / T::COLUMNS) * 4 + a % 4;
    }
    template <class T>
    DEVICE u32 column(u32 i) {
        u32 b = i % T::COLUMNS;
        return b / 4 * (T::N * 4 / T::COLUMNS) + threadIdx.x % (T::N / T::COLUMNS) * 4 + b % 4;
    }
    /// Accumulates the products of one step.
    template <class T, class A, class B, u32 LA, u32 LB>
    DEVICE void multiply(float (&sums)[T::SUMS], SharedArray<float, LA>& left, SharedArray<float, LB>& right, u32 half) {
#pragma unroll
        for (u32 k = 0; k < T::WORDS; k++) {
            float4 a[T::ROWS / 4], b[T::COLUMNS / 4];
#pragma unroll
            for (u32 i = 0; i < T::ROWS / 4; i++) a[i] = load4(left, A::at(half, k, row<T>(i * 4 * T::COLUMNS)));
#pragma unroll
            for (u32 i = 0; i < T::COLUMNS / 4; i++) b[i] = load4(right, B::at(half, k, column<T>(i * 4)));
#pragma unroll
            for (u32 i = 0; i < T::ROWS; i++) {
                float x = i % 4 == 0 ? a[i / 4].x : i % 4 == 1 ? a[i / 4].y : i % 4 == 2 ? a[i / 4].z : a[i / 4].w;
#pragma unroll
                for (u32 j = 0; j < T::COLUMNS / 4; j++) {
                    u32 to = i * T::COLUMNS + j * 4;
                    sums[to] = fmaf(x, b[j].x, sums[to]);
                    sums[to + 1] = fmaf(x, b[j].y, sums[to + 1]);
                    sums[to + 2] = fmaf(x, b[j].z, sums[to + 2]);
                    sums[to + 3] = fmaf(x, b[j].w, sums[to + 3]);
                }
            }
        }
    }
};

/// Products on tensor cores of 32-bit words, which `Kind` rounds and multiplies.
template <class Kind>
struct Rounded {
    typedef u32 Word;
    static const u32 OF_WORD = Kind::OF_WORD, PAD = 8;
    static const bool DEEP = true;
    DEVICE Word word(const float (&x)[OF_WORD]) { return Kind::word(x); }

    /// Returns the first row and column of the thread's warp.
    template <class T>
    DEVICE u32 warp_row() {
        return threadIdx.x / WARP / (T::N / 32) * T::WARP_M;
    }
    template <class T>
    DEVICE u32 warp_column() {
        return threadIdx.x / WARP % (T::N / 32) * 32;
    }
    /// Returns the row and column of the thread's `i`-th sum. A thread has the four sums of `mma` for every 16 rows and
    /// 8 columns of the warp.
    template <class T>
    DEVICE u32 row(u32 i) {
        return warp_row<T>() + i / 16 * 16 + threadIdx.x % WARP / 4 + i % 4 / 2 * 8;
    }
    template <class T>
    DEVICE u32 column(u32 i) {
        return warp_column<T>() + i % 16 / 4 * 8 + threadIdx.x % 4 * 2 + i % 2;
    }
    template <class T, class A, class B, u32 LA, u32 LB>
    DEVICE void multiply(float (&sums)[T::SUMS], SharedArray<u32, LA>& left, SharedArray<u32, LB>& right, u32 half) {
        u32 lane = threadIdx.x % WARP, row = warp_row<T>() + lane / 4, column = warp_column<T>() + lane / 4, place = lane % 4;
#pragma unroll
        for (u32 k = 0; k < T::WORDS; k += 8) {
            u32 b[4][2];
#pragma unroll
            for (u32 j = 0; j < 4; j++) {
                b[j][0] = right[B::at(half, k + place, column + j * 8)];
                b[j][1] = right[B::at(half, k + place + 4, column + j * 8)];
            }
#pragma unroll
            for (u32 i = 0; i < T::WARP_M / 16; i++) {
                u32 a[4] = {
                    left[A::at(half, k + place, row + i * 16)],
                    left[A::at(half, k + place, row + i * 16 + 8)],
                    left[A::at(half, k + place + 4, row + i * 16)],
                    left[A::at(half, k + place + 4, row + i * 16 + 8)],
                };
#pragma unroll
                for (u32 j = 0; j < 4; j++) {
                    float d[4];
#pragma unroll
                    for (u32 l = 0; l < 4; l++) d[l] = sums[(i * 4 + j) * 4 + l];
                    Kind::multiply(d, a, b[j]);
#pragma unroll
                    for (u32 l = 0; l < 4; l++) sums[(i * 4 + j) * 4 + l] = d[l];
                }
            }
        }
    }
};

struct Tf32Kind {
    static const u32 OF_WORD = 1;
    DEVICE u32 word(const float (&x)[1]) { return to_tf32(x[0]); }
    DEVICE void multiply(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) { mma_tf32(d, a, b); }
};
struct Bf16Kind {
    static const u32 OF_WORD = 2;
    DEVICE u32 word(const float (&x)[2]) { return to_bf16(x[0], x[1]); }
    DEVICE void multiply(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) { mma_bf16(d, a, b); }
};
typedef Rounded<Tf32Kind> Tf32;
typedef Rounded<Bf16Kind> Bf16;

