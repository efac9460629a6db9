// Values and slopes of activations, as `function.rs` and its files on the CPU; NaN stays NaN.
#pragma once
#include "elementwise.cuh"

/// An activation with its settings: `Code` in cuda.rs.
struct Activation {
    u32 kind;
    float a, b;
};

/// In the order of `Code::of`.
enum class Kind : u32 {
    Identity,
    Relu,
    LeakyRelu,
    Elu,
    Gelu,
    GeluTanh,
    Silu,
    Sigmoid,
    Tanh,
    Softplus,
    Selu,
    Mish,
    LogSigmoid,
    Softsign,
    HardTanh,
    HardSigmoid,
    HardSwish,
    Clamp,
    Exp,
    Log,
    Sqrt,
    Square,
    Abs,
    Powi,
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
DEVICE float clamp(float x, float min, float max) {
    x = x < min ? min : x;
    return x > max ? max : x;
}
/// e^x·(e^x + 2), of which tanh(softplus x) is made; from 20 on the rest is 0 to f32, and later e^x would be infinite.
DEVICE float mish_part(float x) {
    float e = expf(x > 20.0f ? 20.0f : x);
    return e * (e + 2.0f);
}
/// x^n by squaring.
DEVICE float power(float x, int n) {
    float base = x, y = 1.0f;
    for (u32 left = n < 0 ? 0u - (u32)n : (u32)n; left > 0; left /= 2) {
        if (left % 2 == 1) y *= base;
        base *= base;
    }
    return n < 0 ? 1.0f / y : y;
}
/// The exponent of `Powi`, whose bits `a` has.
DEVICE int exponent(Activation f) { return (int)__float_as_uint(f.a); }

/// `f(x)` of a number or of four.
template <class T>
DEVICE T activate(Activation f, T x) {
    switch ((Kind)f.kind) {
    case Kind::Relu:
        return map([](float x) { return x < 0.0f ? 0.0f : x; }, x);
    case Kind::LeakyRelu:
        return map([=](float x) { return x > 0.0f ? x : f.a * x; }, x);
    case Kind::Elu:
        return map([=](float x) { return x > 0.0f ? x : f.a * expm1f(x); }, x);
    case Kind::Gelu:
        return map([](float x) { return x * distribution(x); }, x);
    case Kind::GeluTanh:
        return map([](float x) { return 0.5f * x * (1.0f + gelu_tanh(x)); }, x);
    case Kind::Silu:
        return map([](float x) { return x * sigmoid(x); }, x);
    case Kind::Sigmoid:
        return map([](float x) { return sigmoid(x); }, x);
    case Kind::Tanh:
        return map([](float x) { return tanhf(x); }, x);
    case Kind::Softplus:
        return map([=](float x) { return f.a * x > f.b ? x : log1pf(expf(f.a * x)) / f.a; }, x);
    case Kind::Selu:
        return map([](float x) { return x > 0.0f ? SELU_SCALE * x : SELU_ALPHA * expm1f(x); }, x);
    case Kind::Mish:
        return map([](float x) { return x * (mish_part(x) / (mish_part(x) + 2.0f)); }, x);
    case Kind::LogSigmoid:
        return map([](float x) { return (x < 0.0f ? x : 0.0f) - log1pf(expf(-fabsf(x))); }, x);
    case Kind::Softsign:
        return map([](float x) { return x / (1.0f + fabsf(x)); }, x);
    case Kind::HardTanh:
    case Kind::Clamp:
        return map([=](float x) { return clamp(x, f.a, f.b); }, x);
    case Kind::HardSigmoid:
        return map([](float x) { return clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f; }, x);
    case Kind::HardSwish:
        return map([](float x) { return x * clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f; }, x);
    case Kind::Exp:
        return map([](float x) { return expf(x); }, x);
    case Kind::Log:
        return map([](float x) { return logf(x); }, x);
    case Kind::Sqrt:
        return map([](float x) { return sqrtf(x); }, x);
    case Kind::Square:
        return map([](float x) { return x * x; }, x);
    case Kind::Abs:
        return map([](float x) { return fabsf(x); }, x);
    case Kind::Powi:
        return map([=](float x) { return power(x, exponent(f)); }, x);
    default:
        return x;
    }
}

/// `f'(x)` from what is kept of a number or of four: the output `y`, or the input `x` (`Activation::keeps`).
template <class T>
DEVICE T derivative(Activation f, T kept) {
    switch ((Kind)f.kind) {
    case Kind::Relu:
        return map([](float y) { return y > 0.0f ? 1.0f : 0.0f; }, kept);
    case Kind::LeakyRelu:
        return map([=](float y) { return y > 0.0f ? 1.0f : f.a; }, kept);
    case Kind::Elu:
        return map([=](float y) { return y > 0.0f ? 1.0f : y + f.a; }, kept);
    case Kind::Gelu:
        return map([](float x) { return distribution(x) + x * 0.3989423f * expf(-0.5f * x * x); }, kept);
    case Kind::GeluTanh:
        return map(
            [](float x) {
                float t = gelu_tanh(x);
                return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.7978846f * (1.0f + 3.0f * 0.044715f * x * x);
            },
            kept);
    case Kind::Silu:
        return map(
            [](float x) {
                float s = sigmoid(x);
                return s + x * s * (1.0f - s);
            },
            kept);
    case Kind::Sigmoid:
        return map([](float y) { return y * (1.0f - y); }, kept);
    case Kind::Tanh:
        return map([](float y) { return 1.0f - y * y; }, kept);
    case Kind::Softplus:
        return map([=](float x) { return f.a * x > f.b ? 1.0f : sigmoid(f.a * x); }, kept);
    case Kind::Selu:
        return map([](float y) { return y > 0.0f ? SELU_SCALE : y + SELU_ALPHA; }, kept);
    case Kind::Mish:
        return map(
            [](float x) {
                float n = mish_part(x), gate = n / (n + 2.0f);
                return gate + x * sigmoid(x) * (2.0f / (n + 2.0f)) * (1.0f + gate);
            },
            kept);
    case Kind::LogSigmoid:
        return map([](float y) { return -expm1f(y); }, kept);
    case Kind::Softsign:
        return map([](float y) { return (1.0f - fabsf(y)) * (1.0f - fabsf(y)); }, kept);
    case Kind::HardTanh:
        return map([=](float y) { return y > f.a && y < f.b ? 1.0f : 0.0f; }, kept);
    case Kind::HardSigmoid:
        return map([](float y) { return y > 0.0f && y < 1.0f ? 1.0f / 6.0f : 0.0f; }, kept);
    case Kind::HardSwish:
        return map([](float x) { return x < -3.0f ? 0.0f : x > 3.0f ? 1.0f : x / 3.0f + 0.5f; }, kept);
    case Kind::Clamp:
        return map([=](float x) { return x >= f.a && x <= f.b ? 1.0f : 0.0f; }, kept);
    case Kind::Exp:
        return kept;
    case Kind::Log:
        return map([](float x) { return 1.0f / x; }, kept);
    case Kind::Sqrt:
        return map([](float y) { return 0.5f / y; }, kept);
    case Kind::Square:
        return map([](float x) { return 2.0f * x; }, kept);
    case Kind::Abs:
        return map([](float x) { return x == 0.0f ? 0.0f : copysignf(1.0f, x); }, kept);
    case Kind::Powi: {
        // x^0 is 1 everywhere; x^-1 would make its slope NaN at 0.
        int n = exponent(f), less = n == -2147483647 - 1 ? n : n - 1;
        return map([=](float x) { return n == 0 ? 0.0f : (float)n * power(x, less); }, kept);
    }
    default:
        return map([](float) { return 1.0f; }, kept);
    }
}
