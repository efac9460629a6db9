// Pooling. In the forward pass, a group of threads computes each window: one thread, or a warp if windows are large and
// few. In the backward pass, a thread for each element of the input gathers from the windows that contain it, so that
// no element is written twice. Adjacent windows of 2×2 have kernels of their own, with two windows for each thread.
#include "elementwise.cuh"
#include "extension.cuh"
#include "thread_group.cuh"

/// The windows along an axis. They are adaptive if the kernel's size is 0.
struct Axis {
    u32 size, output, kernel, stride, padding;
};
struct Windows {
    Axis rows, columns;
};
struct Range {
    u32 start, end;
};
/// Returns the rows (or columns) of the image in window `at`.
DEVICE Range range_of(Axis a, u32 at) {
    if (a.kernel == 0) return Range{(u32)((u64)at * a.size / a.output), (u32)(((at + 1ull) * a.size + a.output - 1) / a.output)};
    u32 start = at * a.stride, end = start + a.kernel;
    start = start > a.padding ? start - a.padding : 0;
    end = end > a.padding ? end - a.padding : 0;
    return Range{start, end < a.size ? end : a.size};
}
/// Returns the number of rows (or columns) of window `at`, including those of the padding. If the number of windows was
/// rounded up, the last one may extend beyond the padding.
DEVICE u32 counted(Axis a, u32 at) {
    Range range = range_of(a, at);
    if (a.kernel == 0) return range.end - range.start;
    u32 left = a.size + 2 * a.padding - at * a.stride;
    return a.kernel < left ? a.kernel : left;
}
/// Returns the windows that contain row (or column) `at` of the image.
DEVICE Range windows_of(Axis a, u32 at) {
    if (a.kernel == 0) return Range{(u32)((u64)at * a.output / a.size), (u32)(((at + 1ull) * a.output - 1) / a.size + 1)};
    u32 start = at + a.padding, end = start / a.stride + 1;
    start = start < a.kernel ? 0 : (start - a.kernel) / a.stride + 1;
    return Range{start, end < a.output ? end : a.output};
}

/// `a / b`, which is faster if `a` fits into 32 bits.
DEVICE u64 divide(u64 a, u32 b) { return a >> 32 ? a / b : (u32)a / b; }
/// The plane, row and column of an element.
struct Position {
    u64 plane;
    u32 row, column;
};
/// Returns the position of element `i` of planes of `height` × `width`.
DEVICE Position position_of(u64 i, u32 height, u32 width) {
    u64 line = divide(i, width), plane = divide(line, height);
    return Position{plane, (u32)(line - plane * height), (u32)(i - line * width)};
}

/// Iterates over the elements of a window that belong to one thread of a group. A step goes on by `row_step` rows and
/// `column_step` columns.
struct StridedIter {
    u32 row, column, row_step, column_step, rows, columns;
};
/// Returns the iterator over a window for one thread of a group.
DEVICE StridedIter strided_iter(ThreadGroup group, Range rows, Range columns) {
    u32 width = columns.end - columns.start;
    bool within = group.lanes < width;
    u32 row = within ? 0 : group.lane / width;
    return StridedIter{row, group.lane - row * width, within ? 0 : group.lanes / width, within ? group.lanes : group.lanes % width,
                rows.end - rows.start, width};
}
DEVICE void next(StridedIter& w) {
    w.row += w.row_step;
    w.column += w.column_step;
    if (w.column >= w.columns) {
        w.column -= w.columns;
        w.row++;
    }
}

/// The position of no element.
#define NO_POSITION 0xFFFFFFFFu
/// A value and its position in the plane.
struct Best {
    float value;
    u32 at;
};
/// Returns the first of the largest values or, as in PyTorch, the last NaN, in whichever order they are compared.
DEVICE Best better(Best a, Best b) {
    if (a.at == NO_POSITION) return b;
    if (b.at == NO_POSITION) return a;
    bool a_nan = a.value != a.value, b_nan = b.value != b.value;
    bool second = a_nan || b_nan ? b_nan && (!a_nan || b.at > a.at)
                                 : b.value > a.value || (b.value == a.value && b.at < a.at);
    return second ? b : a;
}
/// Returns the maximum of a window of the plane that begins at `plane`.
DEVICE Best maximum(Windows w, ThreadGroup group, Span<const float> x, u64 plane, u32 row, u32 column) {
    Range rows = range_of(w.rows, row), columns = range_of(w.columns, column);
    Best best = {0.0f, NO_POSITION};
    for (StridedIter iter = strided_iter(group, rows, columns); iter.row < iter.rows; next(iter)) {
        u32 at = (rows.start + iter.row) * w.columns.size + columns.start + iter.column;
        float value = x[plane + at];
        best = better(best, Best{value, at});
    }
    if (group.lanes == WARP) {
        for (u32 apart = WARP / 2; apart > 0; apart /= 2) {
            Best other = {__shfl_xor_sync(ALL_LANES, best.value, apart), __shfl_xor_sync(ALL_LANES, best.at, apart)};
            best = better(best, other);
        }
    }
    return best;
}

/// Writes the maximum of each window to `y` and its position to `positions`, unless these are empty. A group is one
/// thread or a warp.
KERNEL(pool_max_forward, Windows w, u32 lanes, u64 windows, Span<const float> x, Span<float> y, Span<u32> positions) {
    ThreadGroup group = thread_group(lanes);
    u64 spatial_size = (u64)w.rows.size * w.columns.size;
    for (u64 i = group.row; i < windows; i += group.step) {
        Position position = position_of(i, w.rows.output, w.columns.output);
        Best best = maximum(w, group, x, position.plane * spatial_size, position.row, position.column);
        if (group.lane == 0 && y.len) y[i] = best.value;
        if (group.lane == 0 && positions.len) positions[i] = best.at;
    }
}

/// `dx = Σ dy` over the windows whose maximum the element is. If `positions` is empty, the maxima are found again.
KERNEL(pool_max_backward, float below, Span<const float> kept, Windows w, Span<const float> x, Span<const u32> positions,
       Span<const float> dy, Span<float> dx, u32 add) {
    ThreadGroup one_thread = {0, 1, 0, 1};
    u64 spatial_size = (u64)w.rows.size * w.columns.size, output_size = (u64)w.rows.output * w.columns.output;
    for (u64 i = thread(); i < dx.len; i += threads()) {
        Position position = position_of(i, w.rows.size, w.columns.size);
        Range rows = windows_of(w.rows, position.row), columns = windows_of(w.columns, position.column);
        u32 at = position.row * w.columns.size + position.column;
        float d = 0.0f;
        for (u32 row = rows.start; row < rows.end; row++) {
            for (u32 column = columns.start; column < columns.end; column++) {
                u64 window = position.plane * output_size + row * w.columns.output + column;
                u32 best = positions.len ? (u32)positions[window] : maximum(w, one_thread, x, position.plane * spatial_size, row, column).at;
                if (best == at) d += dy[window];
            }
        }
        accumulate(dx, i, d, add, Slope{below, kept});
    }
}

/// Returns the position of a thread's two windows of 2×2, which are four columns of two rows. `width` is a multiple of
/// 4.
DEVICE Four pair_of(u64 i, u32 width) { return Four{4 * i + divide(i, width / 4) * width}; }

KERNEL(pool_pairs_forward, u32 width, Span<const float> x, Span<float> y) {
    for (u64 i = thread(); i < y.len / 2; i += threads()) {
        Four at = pair_of(i, width);
        float4 a = load4(x, at.i), b = load4(x, at.i + width);
        y[2 * i] = larger(larger(larger(a.x, a.y), b.x), b.y);
        y[2 * i + 1] = larger(larger(larger(a.z, a.w), b.z), b.w);
    }
}

/// Returns the gradient to the elements of a window of 2×2: `dy` for the maximum, and 0 for the others.
DEVICE float4 max_gradient(float a, float b, float c, float d, float dy) {
    bool b_wins = b > a || b != b;
    float best = b_wins ? b : a;
    bool c_wins = c > best || c != c;
    best = c_wins ? c : best;
    bool d_wins = d > best || d != d;
    return make_float4(b_wins || c_wins || d_wins ? 0.0f : dy, b_wins && !c_wins && !d_wins ? dy : 0.0f,
                       c_wins && !d_wins ? dy : 0.0f, d_wins ? dy : 0.0f);
}
/// Sets four elements of `dx`, or adds to them if `add`.
DEVICE void pairs_gradient(Span<float> dx, u64 i, float4 d, u32 add, Slope slope) {
    if (add) d = map([](float old, float v) { return old + v; }, load4(dx, i), d);
    store4(dx, i, sloped(slope, i, d));
}
KERNEL(pool_pairs_backward, float below, Span<const float> kept, u32 width, Span<const float> x, Span<const float> dy,
       Span<float> dx, u32 add) {
    Slope slope = {below, kept};
    for (u64 i = thread(); i < dy.len / 2; i += threads()) {
        Four at = pair_of(i, width);
        float4 a = load4(x, at.i), b = load4(x, at.i + width);
        float4 left = max_gradient(a.x, a.y, b.x, b.y, dy[2 * i]), right = max_gradient(a.z, a.w, b.z, b.w, dy[2 * i + 1]);
        pairs_gradient(dx, at.i, make_float4(left.x, left.y, right.x, right.y), add, slope);
        pairs_gradient(dx, at.i + width, make_float4(left.z, left.w, right.z, right.w), add, slope);
    }
}

/// Returns one over the number of elements of a window.
DEVICE float share_of(Windows w, u32 row, u32 column, u32 with_padding) {
    Range rows = range_of(w.rows, row), columns = range_of(w.columns, column);
    u32 height = with_padding ? counted(w.rows, row) : rows.end - rows.start;
    u32 width = with_padding ? counted(w.columns, column) : columns.end - columns.start;
    return 1.0f / (float)(height * width);
}

KERNEL(pool_avg_forward, Windows w, u32 with_padding, u32 lanes, u64 windows, Span<const float> x, Span<float> y) {
    ThreadGroup group = thread_group(lanes);
    u64 spatial_size = (u64)w.rows.size * w.columns.size;
    for (u64 i = group.row; i < windows; i += group.step) {
        Position position = position_of(i, w.rows.output, w.columns.output);
        Range rows = range_of(w.rows, position.row), columns = range_of(w.columns, position.column);
        float sum = 0.0f;
        for (StridedIter iter = strided_iter(group, rows, columns); iter.row < iter.rows; next(iter)) {
            sum += x[position.plane * spatial_size + (u64)(rows.start + iter.row) * w.columns.size + columns.start + iter.column];
        }
        if (lanes == WARP) sum = warp_sum(sum);
        if (group.lane == 0) y[i] = sum * share_of(w, position.row, position.column, with_padding);
    }
}

KERNEL(pool_avg_backward, float below, Span<const float> kept, Windows w, u32 with_padding, Span<const float> dy, Span<float> dx, u32 add) {
    u64 output_size = (u64)w.rows.output * w.columns.output;
    for (u64 i = thread(); i < dx.len; i += threads()) {
        Position position = position_of(i, w.rows.size, w.columns.size);
        Range rows = windows_of(w.rows, position.row), columns = windows_of(w.columns, position.column);
        float d = 0.0f;
        for (u32 row = rows.start; row < rows.end; row++) {
            for (u32 column = columns.start; column < columns.end; column++) {
                u64 window = position.plane * output_size + row * w.columns.output + column;
                d = fmaf(share_of(w, row, column, with_padding), dy[window], d);
            }
        }
        accumulate(dx, i, d, add, Slope{below, kept});
    }
}
