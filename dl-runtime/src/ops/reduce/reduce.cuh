// Reductions over some axes. The other axes are those of the output, in its order; the reduced axes are indexed as one.
// Each output has 2^`lanes` threads: a single one if neighbouring outputs are contiguous in the input, so that reads
// coalesce, else up to a block. If there are few outputs, each is reduced in `pieces`, whose results are reduced by a
// second launch.
#pragma once
#include "axes.cuh"

struct Reduction {
    u32 outputs, length, pieces, piece, lanes;
};

/// The operations that `reduce` can use: a neutral element and a binary operation.
struct Plus {
    DEVICE float first() { return 0.0f; }
    DEVICE float of(float a, float b) { return a + b; }
};
struct Larger {
    DEVICE float first() { return __uint_as_float(0xFF800000u); }
    /// NaN counts as larger than any number, so that it is not hidden.
    DEVICE float of(float a, float b) { return b > a || b != b ? b : a; }
};

/// Reduces `value` of the elements `begin`, `begin + step`, … before `end`, in a fixed order.
template <class Op, class Value>
DEVICE float fold(u32 begin, u32 end, u32 step, Value value) {
    float a = Op::first(), b = a, c = a, d = a;
    u64 i = begin;
    for (; i + 3 * (u64)step < end; i += 4 * (u64)step) {
        a = Op::of(a, value((u32)i));
        b = Op::of(b, value((u32)i + step));
        c = Op::of(c, value((u32)i + 2 * step));
        d = Op::of(d, value((u32)i + 3 * step));
    }
    for (; i < end; i += step) a = Op::of(a, value((u32)i));
    return Op::of(Op::of(a, b), Op::of(c, d));
}

/// Reduces the values of `lanes` neighbouring lanes of a warp; all of them get the result.
template <class Op>
DEVICE float fold_lanes(float v, u32 lanes) {
    for (u32 apart = lanes / 2; apart > 0; apart /= 2) v = Op::of(v, __shfl_xor_sync(ALL_LANES, v, apart));
    return v;
}

/// `y = scale·(reduction of value(output, offsets) over the reduced axes)`, added to `y` if `add`. With several pieces,
/// the result of piece `p` of an output goes to element `output·pieces + p`.
template <class Op, class Value>
DEVICE void reduce(const Reduction& r, const Axes& kept, const Axes& reduced, SharedArray<float, WARP>& partial, Span<float> y,
                   float scale, u32 add, Value value) {
    u32 items = r.outputs * r.pieces, lanes = 1u << r.lanes;
    bool whole = lanes > WARP;
    // All threads of a warp, or of a block, make the same number of iterations.
    u64 first = whole ? blockIdx.x : (thread() & ~31ull) >> r.lanes, step = whole ? gridDim.x : threads() >> r.lanes;
    for (; first < items; first += step) {
        u32 item = (u32)first + (whole ? 0 : threadIdx.x % WARP >> r.lanes);
        u32 piece = item / r.outputs, output = item - piece * r.outputs;
        float v = Op::first();
        if (item < items) {
            Offsets at = offsets(kept, output);
            u32 begin = piece * r.piece, end = r.length - begin < r.piece ? r.length : begin + r.piece;
            v = fold<Op>(begin + threadIdx.x % lanes, end, lanes, [&](u32 i) {
                Offsets here = offsets(reduced, i);
                return value(output, Offsets{at.left + here.left, at.right + here.right});
            });
        }
        v = fold_lanes<Op>(v, whole ? WARP : lanes);
        if (whole) {
            if (threadIdx.x % WARP == 0) partial[threadIdx.x / WARP] = v;
            __syncthreads();
            v = threadIdx.x < lanes / WARP ? (float)partial[threadIdx.x] : Op::first();
            v = fold_lanes<Op>(v, lanes / WARP);
            __syncthreads();
        }
        if (item < items && threadIdx.x % lanes == 0) accumulate(y, (u64)output * r.pieces + piece, scale * v, add);
    }
}
