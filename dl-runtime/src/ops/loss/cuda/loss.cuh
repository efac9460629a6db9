// Types and functions that the kernels of losses share.
#pragma once
#include "extension.cuh"
#include "thread_group.cuh"

/// A loss with its settings: `Code` in mod.rs. Each kernel file has its own numbering of losses.
struct Loss {
    u32 kind;
    float a, b;
};

/// Returns the weight of the loss of sample `n`: one over the number of samples unless `scale` is given.
DEVICE float weight_of(Span<const float> scale, u64 n, u64 samples) {
    return scale.len ? (float)scale[n] : 1.0f / (float)samples;
}

/// Writes a loss, and checks it if that was asked for.
DEVICE void write_loss(Span<float> losses, u64 i, float loss, FiniteCheck f) {
    losses[i] = loss;
    check_loss(f, loss);
}

#define NOT_A_NUMBER __uint_as_float(0x7FC00000u)
