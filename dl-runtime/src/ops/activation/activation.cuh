// Values and derivatives of activations, from the table in activations.cuh. NaN stays NaN.
#pragma once
#include "elementwise.cuh"

/// An activation with its settings, `Code` of cuda.rs.
struct Activation {
    u32 kind;
    float a, b;
};

/// The scale of selu, and alpha times the scale.
#define SELU_SCALE 1.050701f
#define SELU_ALPHA 1.7580993f

DEVICE float sigmoid(float x) {
    float e = expf(-fabsf(x));
    return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}
/// The cumulative normal distribution.
DEVICE float distribution(float x) { return 0.5f + 0.5f * erff(x * 0.70710678f); }
/// The tanh of `GeluTanh`.
DEVICE float gelu_tanh(float x) { return tanhf(0.7978846f * (x + 0.044715f * x * x * x)); }
/// The derivative of `GeluTanh` for x from -20 to 20. Farther out, the tanh is ±1, and squares would overflow.
DEVICE float gelu_tanh_derivative(float x) {
    float t = gelu_tanh(x);
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.7978846f * (1.0f + 3.0f * 0.044715f * x * x);
}
DEVICE float silu_derivative(float x, float s) { return s + x * s * (1.0f - s); }
DEVICE float clamp(float x, float min, float max) {
    x = x < min ? min : x;
    return x > max ? max : x;
}
/// For large x, the product would overflow where x does not.
DEVICE float hard_swish(float x) { return x > 3.0f ? x : x * clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f; }
/// Returns n = e^x·(e^x + 2), with which tanh(softplus x) is n/(n + 2). From x = 20 on, this is 1 in f32; larger x are
/// replaced by 20, so that e^x does not overflow.
DEVICE float mish_part(float x) {
    float e = expf(x > 20.0f ? 20.0f : x);
    return e * (e + 2.0f);
}
/// The derivative of `Mish` for x up to 20. For larger x, it is 1.
DEVICE float mish_derivative(float x) {
    float n = mish_part(x);
    float gate = n / (n + 2.0f);
    return gate + x * sigmoid(x) * (2.0f / (n + 2.0f)) * (1.0f + gate);
}
/// Returns a setting that is an integer, which was passed as bits.
DEVICE int whole(float setting) { return (int)__float_as_uint(setting); }
/// x^n by squaring.
DEVICE float power(float x, int n) {
    float base = x, y = 1.0f;
    for (u32 left = n < 0 ? 0u - (u32)n : (u32)n; left > 0; left /= 2) {
        if (left % 2 == 1) y *= base;
        base *= base;
    }
    return n < 0 ? 1.0f / y : y;
}
/// The derivative of x^n. x^0 is 1 everywhere, but 0·x^-1 would be NaN at 0.
DEVICE float power_derivative(float x, int n) {
    return n == 0 ? 0.0f : (float)n * power(x, n == -2147483647 - 1 ? n : n - 1);
}

enum class Kind : u32 {
#define ACTIVATION(name, x, value, kept, derivative) name,
#include "activations.cuh"
#undef ACTIVATION
};

/// Returns `f(x)` for one number or four.
template <class T>
DEVICE T activate(Activation f, T number) {
    float a = f.a, b = f.b;
    switch ((Kind)f.kind) {
#define ACTIVATION(name, x, value, kept, derivative) \
    case Kind::name:                                 \
        return map([=](float x) { return value; }, number);
#include "activations.cuh"
#undef ACTIVATION
    }
    return number;
}

/// Returns `f'(x)` for one number or four, from the saved output or input (`Activation::saved_for_backward`).
template <class T>
DEVICE T derivative(Activation f, T number) {
    float a = f.a, b = f.b;
    switch ((Kind)f.kind) {
#define ACTIVATION(name, x, value, kept, derivative) \
    case Kind::name:                                 \
        return map([=](float kept) { return derivative; }, number);
#include "activations.cuh"
#undef ACTIVATION
    }
    return number;
}
