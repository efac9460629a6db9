// CUDA's built-in variables and functions, on the processor.
#pragma once
#include <cmath>
#include <cstring>
#include "engine.h"

#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __constant__ static const

#define threadIdx (::emulation::now->index)
#define blockIdx (::emulation::block.index)
#define blockDim (::emulation::block.size)
#define gridDim (::emulation::block.grid)
static constexpr int warpSize = 32;

// Barriers and warp operations. The last two arguments are where they stand.
#define DL_AT const char *file = __builtin_FILE(), int line = __builtin_LINE()
static inline void __syncthreads(DL_AT) { emulation::barrier(emulation::Wait::Barrier, false, {file, line}); }
static inline int __syncthreads_or(int p, DL_AT) { return emulation::barrier(emulation::Wait::BarrierOr, p, {file, line}) > 0; }
static inline int __syncthreads_count(int p, DL_AT) { return (int)emulation::barrier(emulation::Wait::BarrierCount, p, {file, line}); }
static inline int __syncthreads_and(int p, DL_AT) {
    u32 n = emulation::block.size.x * emulation::block.size.y * emulation::block.size.z;
    return emulation::barrier(emulation::Wait::BarrierAnd, p, {file, line}) == n;
}
static inline void __syncwarp(u32 mask = 0xFFFFFFFFu, DL_AT) { emulation::warp(emulation::Wait::SyncWarp, mask, 0, 0, 32, {file, line}); }
static inline u32 __ballot_sync(u32 mask, int p, DL_AT) { return (u32)emulation::warp(emulation::Wait::Ballot, mask, p != 0, 0, 32, {file, line}); }
static inline int __any_sync(u32 mask, int p, DL_AT) { return (int)emulation::warp(emulation::Wait::Any, mask, p != 0, 0, 32, {file, line}); }
static inline int __all_sync(u32 mask, int p, DL_AT) { return (int)emulation::warp(emulation::Wait::All, mask, p != 0, 0, 32, {file, line}); }
static inline void __threadfence() { emulation::fence(); }
#define DL_SHUFFLE(name, kind, type)                                                                   \
    static inline type name(u32 mask, type v, u32 parameter, int width = 32, DL_AT) {                  \
        u64 bits = 0;                                                                                  \
        memcpy(&bits, &v, sizeof v);                                                                   \
        bits = emulation::warp(emulation::Wait::kind, mask, bits, parameter, (u32)width, {file, line}); \
        memcpy(&v, &bits, sizeof v);                                                                   \
        return v;                                                                                      \
    }
#define DL_SHUFFLES(type)                            \
    DL_SHUFFLE(__shfl_sync, Shuffle, type)           \
    DL_SHUFFLE(__shfl_xor_sync, ShuffleXor, type)    \
    DL_SHUFFLE(__shfl_up_sync, ShuffleUp, type)      \
    DL_SHUFFLE(__shfl_down_sync, ShuffleDown, type)
DL_SHUFFLES(int)
DL_SHUFFLES(u32)
DL_SHUFFLES(i64)
DL_SHUFFLES(u64)
DL_SHUFFLES(float)
DL_SHUFFLES(double)
#undef DL_SHUFFLES
#undef DL_SHUFFLE

// Bits.
template <class To, class From>
static inline To dl_bits(From v) {
    static_assert(sizeof(To) == sizeof(From), "types of one size");
    To to;
    memcpy(&to, &v, sizeof to);
    return to;
}
static inline u32 __float_as_uint(float v) { return dl_bits<u32>(v); }
static inline int __float_as_int(float v) { return dl_bits<int>(v); }
static inline float __uint_as_float(u32 v) { return dl_bits<float>(v); }
static inline float __int_as_float(int v) { return dl_bits<float>(v); }
static inline i64 __double_as_longlong(double v) { return dl_bits<i64>(v); }
static inline double __longlong_as_double(i64 v) { return dl_bits<double>(v); }
static inline u32 __umulhi(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
static inline u64 __umul64hi(u64 a, u64 b) { return (u64)((unsigned __int128)a * b >> 64); }
static inline int __clz(u32 v) { return v ? __builtin_clz(v) : 32; }
static inline int __clzll(u64 v) { return v ? __builtin_clzll(v) : 64; }
static inline int __ffs(u32 v) { return __builtin_ffs((int)v); }
static inline int __popc(u32 v) { return __builtin_popcount(v); }
static inline int __popcll(u64 v) { return __builtin_popcountll(v); }

// Arithmetic.
static inline int min(int a, int b) { return a < b ? a : b; }
static inline u32 min(u32 a, u32 b) { return a < b ? a : b; }
static inline i64 min(i64 a, i64 b) { return a < b ? a : b; }
static inline u64 min(u64 a, u64 b) { return a < b ? a : b; }
static inline float min(float a, float b) { return fminf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline u32 max(u32 a, u32 b) { return a > b ? a : b; }
static inline i64 max(i64 a, i64 b) { return a > b ? a : b; }
static inline u64 max(u64 a, u64 b) { return a > b ? a : b; }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }
static inline float rsqrtf(float v) { return 1.0f / sqrtf(v); }
static inline double rsqrt(double v) { return 1.0 / sqrt(v); }
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __frcp_rn(float v) { return 1.0f / v; }
static inline float __fsqrt_rn(float v) { return sqrtf(v); }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline float __saturatef(float v) { return v > 1.0f ? 1.0f : v > 0.0f ? v : 0.0f; }
static inline int __float2int_rn(float v) { return (int)rintf(v); }
static inline u32 __float2uint_rn(float v) { return (u32)rintf(v); }
static inline float __uint2float_rn(u32 v) { return (float)v; }
static inline float __int2float_rn(int v) { return (float)v; }
static inline float normcdff(float v) { return 0.5f * erfcf(v * -0.70710678118654752f); }
// The C library declares some of these names for itself, so they cannot be functions here.
#define __expf(v) expf(v)
#define __logf(v) logf(v)
#define __log2f(v) log2f(v)
#define __sinf(v) sinf(v)
#define __cosf(v) cosf(v)
#define __powf(a, b) powf(a, b)
#define __exp10f(v) exp10f(v)
