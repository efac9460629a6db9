// Iterates over tensors with different strides, as `axes.rs` does: row by row over an output, with the offsets of its
// inputs.
#pragma once

#define RANK 8u

/// Axes, outermost first: their sizes, and their strides in two tensors. `left_step` and `right_step` are the strides
/// within a row, which is the innermost axis and not among the others.
struct Axes {
    u32 rank, left_step, right_step;
    u32 sizes[RANK], left[RANK], right[RANK];
};

/// Offsets of an element in two tensors.
struct Offsets {
    u64 left, right;
};

/// Returns the offsets of element `index` of the axes.
DEVICE Offsets offsets(const Axes& axes, u32 index) {
    Offsets at = {0, 0};
#pragma unroll
    for (u32 axis = RANK - 1; axis > 0; axis--) {
        if (axis < axes.rank) {
            u32 outer = index / axes.sizes[axis], here = index - outer * axes.sizes[axis];
            at.left += (u64)here * axes.left[axis];
            at.right += (u64)here * axes.right[axis];
            index = outer;
        }
    }
    at.left += (u64)index * axes.left[0];
    at.right += (u64)index * axes.right[0];
    return at;
}

/// Rows of an output, which begin `stride` apart. 2^`lanes` threads handle four elements each of a chunk of a row.
struct Rows {
    u32 rows, len, stride, chunks, lanes;
};

/// `y[i] = after(i, value(begin(row), i, j))` for every element `j` of every row, whose index in `y` is `i`; the value is
/// added to `y` before `after` if `add`.
template <class Begin, class Value, class After>
DEVICE void fill_rows(const Rows& rows, Span<float> y, u32 add, Begin begin, Value value, After after) {
    u32 lanes = 1u << rows.lanes, items = rows.rows * rows.chunks;
    for (u64 item = thread() >> rows.lanes; item < items; item += threads() >> rows.lanes) {
        u32 row = (u32)item / rows.chunks;
        u32 first = ((u32)item - row * rows.chunks) * 4 * lanes + threadIdx.x % lanes;
        u64 base = (u64)row * rows.stride;
        auto at = begin(row);
        // All four are read before the first is written, so that the reads wait for memory together.
        float values[4];
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            u32 j = first + k * lanes;
            values[k] = 0.0f;
            if (j < rows.len) {
                values[k] = value(at, base + j, j);
                if (add) values[k] = y[base + j] + values[k];
            }
        }
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            u32 j = first + k * lanes;
            if (j < rows.len) y[base + j] = after(base + j, values[k]);
        }
    }
}
template <class Begin, class Value>
DEVICE void fill_rows(const Rows& rows, Span<float> y, u32 add, Begin begin, Value value) {
    fill_rows(rows, y, add, begin, value, [](u64, float v) { return v; });
}

/// `y = f(left, right)`, each of which may be broadcast.
template <class F>
DEVICE void fill_pairs(const Rows& rows, const Axes& axes, Span<const float> left, Span<const float> right, Span<float> y, u32 add, F f) {
    fill_rows(
        rows, y, add, [&](u32 row) { return offsets(axes, row); },
        [&](Offsets at, u64, u32 j) {
            return f(left[at.left + (u64)j * axes.left_step], right[at.right + (u64)j * axes.right_step]);
        });
}

/// `y = f(left)`, which may be broadcast or transposed.
template <class F>
DEVICE void fill_from(const Rows& rows, const Axes& axes, Span<const float> left, Span<float> y, u32 add, F f) {
    fill_rows(
        rows, y, add, [&](u32 row) { return offsets(axes, row); },
        [&](Offsets at, u64, u32 j) { return f(left[at.left + (u64)j * axes.left_step]); });
}
