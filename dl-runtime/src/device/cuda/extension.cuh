// What kernels can also do with what they write (extension.rs), with the bits of the launch that would do it.
#pragma once

/// `Extension::Slope`: the slope of ReLU (or of leaky ReLU, if `below` is not 0) with the output `kept`. It is 1 if `kept` is empty.
struct Slope {
    float below;
    Span<const float> kept;
};
/// Returns the slope of a part of the output.
DEVICE Slope part_of(Slope s, u64 from, u64 count) { return Slope{s.below, s.kept.len > 0 ? s.kept.part(from, count) : s.kept}; }
DEVICE float sloped(float kept, float below, float d) { return (kept > 0.0f ? 1.0f : below) * d; }
/// Multiplies the gradient to element `i` by the slope.
DEVICE float sloped(Slope s, u64 i, float d) { return s.kept.len > 0 ? sloped(s.kept[i], s.below, d) : d; }
/// Does the same for elements `i` to `i + 3`, where `i` is a multiple of 4.
DEVICE float4 sloped(Slope s, u64 i, float4 d) {
    if (s.kept.len == 0) return d;
    float4 kept = aligned(s.kept) ? load4(s.kept, i) : make_float4(s.kept[i], s.kept[i + 1], s.kept[i + 2], s.kept[i + 3]);
    return make_float4(sloped(kept.x, s.below, d.x), sloped(kept.y, s.below, d.y), sloped(kept.z, s.below, d.z), sloped(kept.w, s.below, d.w));
}
/// Sets element `i` of a gradient, or adds to it if `add`, and multiplies it by the slope.
DEVICE void accumulate(Span<float> to, u64 i, float value, u32 add, Slope s) { to[i] = sloped(s, i, add ? to[i] + value : value); }

/// The words of the check for finite numbers (finite_check.rs) that kernels read and write.
#define STOPPED 0
#define OVERFLOWED 1

/// `Extension::FiniteCheck`: stops the training at `step`, unless `check` is empty.
struct FiniteCheck {
    u32 step;
    Span<u32> check;
};
/// Stops the training if this loss is not finite, or if the step before resulted in weights that are not.
DEVICE void check_loss(FiniteCheck f, float loss) {
    if (f.check.len > 0 && (not_finite(loss) || f.check[OVERFLOWED])) atomicCAS(&f.check[STOPPED], 0u, f.step);
}
