// Included by every kernel file: types, memory ranges, shared memory, reductions over warps and blocks, random numbers.
//
// The dialect. A kernel is written `KERNEL(name, parameters) { … }` and a helper function `DEVICE`. Device memory is
// passed as `Span`, and shared memory is declared with `SHARED(type, name, count);`. Indices, barriers, shuffles and
// integer atomics have CUDA's own names (`threadIdx.x`, `__syncthreads`, `__shfl_xor_sync`, …). Floating-point atomics
// are not used, and no order of summation depends on the GPU, so the same input gives the same bits. The same file
// compiles for the GPU (with NVRTC, without the toolkit's headers) and, in tests, for the CPU (tests/crates/emulation),
// where spans and shared memory are bounds-checked.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#ifdef DL_EMULATED
#include "emulation.h"
#else

/// A kernel for blocks of any size. It may use at most 64 registers, so that 1024 threads fit (tests/nvrtc.rs checks).
#define KERNEL(name, ...) extern "C" __global__ void name(__VA_ARGS__)
/// A kernel whose blocks have at most `threads` threads, which lets the compiler use more registers.
#define KERNEL_OF(threads, name, ...) extern "C" __global__ void __launch_bounds__(threads) name(__VA_ARGS__)
/// The same, where `blocks` blocks are to run on a multiprocessor at once: the compiler may use `65536 / (threads * blocks)` registers,
/// and does not spill them for the sake of more blocks.
#define KERNEL_RESIDENT(threads, blocks, name, ...) extern "C" __global__ void __launch_bounds__(threads, blocks) name(__VA_ARGS__)
#define DEVICE static __device__ __forceinline__
#define SHARED(type, name, count) __shared__ SharedArray<type, count> name

/// A range of device memory.
template <class T>
struct Span {
    T* data;
    u64 len;
    __device__ __forceinline__ T& operator[](u64 i) const { return data[i]; }
    __device__ __forceinline__ Span part(u64 from, u64 count) const { return Span{data + from, count}; }
};

/// An array in the block's shared memory.
template <class T, u32 N>
struct __align__(16) SharedArray {
    T data[N];
    __device__ __forceinline__ T& operator[](u32 i) { return data[i]; }
};

/// Returns whether `load4` and `store4` may be used: the range begins at a multiple of 16 bytes.
template <class T>
DEVICE bool aligned(Span<T> s) {
    return ((u64)s.data & 15) == 0;
}
/// Loads or stores elements `i` to `i + 3`, where `i` is a multiple of 4.
DEVICE float4 load4(Span<const float> s, u64 i) { return *reinterpret_cast<const float4*>(s.data + i); }
DEVICE float4 load4(Span<float> s, u64 i) { return *reinterpret_cast<const float4*>(s.data + i); }
DEVICE void store4(Span<float> s, u64 i, float4 v) { *reinterpret_cast<float4*>(s.data + i) = v; }
template <u32 N>
DEVICE float4 load4(SharedArray<float, N>& s, u32 i) {
    return *reinterpret_cast<const float4*>(s.data + i);
}
template <u32 N>
DEVICE void store4(SharedArray<float, N>& s, u32 i, float4 v) {
    *reinterpret_cast<float4*>(s.data + i) = v;
}
#endif

#define MINUS_INFINITY __uint_as_float(0xFF800000u)
#define PLUS_INFINITY __uint_as_float(0x7F800000u)
#define WARP 32u
#define ALL_LANES 0xFFFFFFFFu

/// The index of this thread in a one-dimensional grid, and the number of threads, for grid-stride loops: `for (u64 i =
/// thread(); i < n; i += threads())`.
DEVICE u64 thread() { return (u64)blockIdx.x * blockDim.x + threadIdx.x; }
DEVICE u64 threads() { return (u64)gridDim.x * blockDim.x; }

/// Sets element `i`, or adds to it if `add` (`Write::Add`).
DEVICE void accumulate(Span<float> to, u64 i, float value, u32 add) { to[i] = add ? to[i] + value : value; }

/// Returns the sum over the lanes of a warp to all of them.
DEVICE float warp_sum(float v) {
    for (u32 apart = WARP / 2; apart > 0; apart /= 2) v += __shfl_xor_sync(ALL_LANES, v, apart);
    return v;
}
/// Returns the largest number of a warp to all lanes; NaN if one of them is NaN.
DEVICE float warp_max(float v) {
    for (u32 apart = WARP / 2; apart > 0; apart /= 2) {
        float other = __shfl_xor_sync(ALL_LANES, v, apart);
        v = other > v || other != other ? other : v;
    }
    return v;
}
DEVICE double warp_sum(double v) {
    for (u32 apart = WARP / 2; apart > 0; apart /= 2) v += __shfl_xor_sync(ALL_LANES, v, apart);
    return v;
}

/// Returns the sum over a block to all of its threads. The block size is a multiple of 32, and every thread must call
/// it. `partial` may be reused at once.
template <class T>
DEVICE T block_sum(T v, SharedArray<T, WARP>& partial) {
    v = warp_sum(v);
    u32 warps = blockDim.x / WARP;
    if (threadIdx.x % WARP == 0) partial[threadIdx.x / WARP] = v;
    __syncthreads();
    T sum = 0;
    for (u32 warp = 0; warp < warps; warp++) {
        T part = partial[warp];
        sum += part;
    }
    __syncthreads();
    return sum;
}
/// Returns the largest number of a block; otherwise as `block_sum`.
DEVICE float block_max(float v, SharedArray<float, WARP>& partial) {
    v = warp_max(v);
    u32 warps = blockDim.x / WARP;
    if (threadIdx.x % WARP == 0) partial[threadIdx.x / WARP] = v;
    __syncthreads();
    float most = partial[0];
    for (u32 warp = 1; warp < warps; warp++) {
        float other = partial[warp];
        most = other > most || other != other ? other : most;
    }
    __syncthreads();
    return most;
}

/// Returns whether all bits of the exponent are set: infinity or NaN.
DEVICE bool not_finite(float x) { return (__float_as_uint(x) & 0x7F800000u) == 0x7F800000u; }

/// The four random words of one counter. In a group of 64 they have the positions `i`, `i + 16`, `i + 32` and `i + 48`.
struct Words {
    u32 a, b, c, d;
};

/// The generator Philox 4×32-10, as in `random::words` on the host.
DEVICE Words philox(u64 seed, u32 stream, u32 purpose, u64 counter) {
    u32 c0 = (u32)counter, c1 = (u32)(counter >> 32), c2 = stream, c3 = purpose;
    u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)c0 * 0xD2511F53u, p1 = (u64)c2 * 0xCD9E8D57u;
        c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        c1 = (u32)p1;
        c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c3 = (u32)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return Words{c0, c1, c2, c3};
}

/// Returns word `index` of the random sequence of `seed`, `stream` and `purpose`.
DEVICE u32 random_word(u64 seed, u32 stream, u32 purpose, u64 index) {
    Words words = philox(seed, stream, purpose, index / 64 * 16 + index % 16);
    u32 output = (u32)(index % 64 / 16);
    return output == 0 ? words.a : output == 1 ? words.b : output == 2 ? words.c : words.d;
}
