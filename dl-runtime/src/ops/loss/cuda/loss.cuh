// What kernels of losses share.
#pragma once
#include "thread_group.cuh"

/// A loss with its settings: `Code` in mod.rs; each file of kernels numbers its own.
struct Loss {
    u32 kind;
    float a, b;
};

/// How much the loss of sample `n` counts: one over their number, unless said otherwise.
DEVICE float weight_of(Span<const float> scale, u64 n, u64 samples) {
    return scale.len ? (float)scale[n] : 1.0f / (float)samples;
}

#define NOT_A_NUMBER __uint_as_float(0x7FC00000u)
#define MINUS_INFINITY __uint_as_float(0xFF800000u)
