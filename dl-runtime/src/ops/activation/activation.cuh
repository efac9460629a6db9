// Values and derivatives of activations, of activations.cuh; NaN stays NaN.
#pragma once
#include "elementwise.cuh"

/// An activation with its settings: `Code` in cuda.rs.
struct Activation {
    u32 kind;
    float a, b;
};

/// Scale and alpha of selu, scaled.
#define SELU_SCALE 1.050701f
#define SELU_ALPHA 1.7580993f

DEVICE float sigmoid(float x) {
    float e = expf(-fabsf(x));
    return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}
/// The normal distribution.
DEVICE float distribution(float x) { return 0.5f + 0.5f * erff(x * 0.70710678f); }
/// The tanh of `GeluTanh`.
DEVICE float gelu_tanh(float x) { return tanhf(0.7978846f * (x + 0.044715f * x * x * x)); }
/// For x of -20 to 20: far out the tanh is ±1, and squares would be infinite.
DEVICE float gelu_tanh_derivative(float x) {
    float t = gelu_tanh(x);
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.7978846f * (1.0f + 3.0f * 0.044715f * x * x);
}
DEVICE float silu_derivative(float x, float s) { return s + x * s * (1.0f - s); }
DEVICE float clamp(float x, float min, float max) {
    x = x < min ? min : x;
    return x > max ? max : x;
}
/// Above 3 the product would be infinite where x is not.
DEVICE float hard_swish(float x) { return x > 3.0f ? x : x * clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f; }
/// e^x·(e^x + 2), of which tanh(softplus x) is made; from 20 on the rest is 0 to f32, and later e^x would be infinite.
DEVICE float mish_part(float x) {
    float e = expf(x > 20.0f ? 20.0f : x);
    return e * (e + 2.0f);
}
/// For x up to 20: from there on the slope is 1.
DEVICE float mish_derivative(float x) {
    float n = mish_part(x);
    float gate = n / (n + 2.0f);
    return gate + x * sigmoid(x) * (2.0f / (n + 2.0f)) * (1.0f + gate);
}
/// A setting that is a whole number, of which there are the bits.
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
/// x^0 is 1 everywhere; x^-1 would make its derivative NaN at 0.
DEVICE float power_derivative(float x, int n) {
    return n == 0 ? 0.0f : (float)n * power(x, n == -2147483647 - 1 ? n : n - 1);
}

enum class Kind : u32 {
#define ACTIVATION(name, x, value, kept, derivative) name,
#include "activations.cuh"
#undef ACTIVATION
};

/// `f(x)` of a number or of four.
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

/// `f'(x)` from what is kept of a number or of four: the output or the input (`Activation::saved_for_backward`).
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
