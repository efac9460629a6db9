// Upsampling. Threads are laid out along the rows of the tensor that is written, and each gathers its element.
#include "axes.cuh"

/// The length of an axis of the image, and its factor.
struct Side {
    u32 image, factor;
    /// 1 if the centres of the outermost pixels of both images coincide.
    u32 align_corners;
};

/// Two neighbouring positions of the image, and the weight of the second.
struct Source {
    u32 first, second;
    float share;
};

/// Returns the positions from which element `at` of the output is interpolated linearly.
DEVICE Source source(const Side& side, u32 at) {
    u32 last = side.image - 1;
    if (side.align_corners != 0) {
        // Integers keep the weight exact. An output of a single element is the image's first.
        u64 from = (u64)at * last, to = side.image * side.factor > 1 ? side.image * side.factor - 1 : 1;
        u32 first = (u32)(from / to);
        return Source{first, first < last ? first + 1 : last, (float)(from % to) / (float)to};
    }
    float position = ((float)at + 0.5f) / (float)side.factor - 0.5f;
    position = position > 0.0f ? position : 0.0f;
    u32 first = (u32)position;
    first = first < last ? first : last;
    return Source{first, first < last ? first + 1 : last, position - (float)first};
}

/// Returns the weight of element `from` of the image in element `at` of the output.
DEVICE float share(const Side& side, u32 at, u32 from) {
    if (side.align_corners != 0) {
        // The weights of `source` without its division of integers, which takes registers.
        u32 output = side.image * side.factor, to = output > 1 ? output - 1 : 1;
        u64 position = (u64)at * (side.image - 1), centre = (u64)from * to;
        bool before = position < centre;
        u64 distance = before ? centre - position : position - centre;
        if (distance >= to) return 0.0f;
        return before ? (float)(u32)(to - distance) / (float)to : 1.0f - (float)(u32)distance / (float)to;
    }
    Source s = source(side, at);
    return (s.first == from ? 1.0f - s.share : 0.0f) + (s.second == from ? s.share : 0.0f);
}

/// A range of positions of the output.
struct Range {
    u32 begin, end;
};
/// Returns a range that contains all elements of the output that are interpolated from element `from` of the image:
/// those less than one pixel of the image away, or beyond its outermost pixels. Others in the range have weight 0.
DEVICE Range outputs_of(const Side& side, u32 from) {
    if (side.align_corners != 0) {
        u32 output = side.image * side.factor, steps = side.image - 1;
        if (steps == 0) return Range{0, output};
        // Element `k` of the image lies at k·(output - 1)/steps, which is k·factor + k·(factor - 1)/steps.
        u32 before = from == 0 ? 0 : from - 1, after = from + 1, rest = side.factor - 1;
        u32 begin = before * side.factor + before * rest / steps, end = after * side.factor + after * rest / steps + 1;
        return Range{begin, end < output ? end : output};
    }
    u32 twice = 2 * from * side.factor;
    u32 begin = from == 0 ? 0 : (twice - side.factor - 1) / 2;
    return Range{begin, from == side.image - 1 ? side.image * side.factor : (twice + 3 * side.factor + 1) / 2};
}

/// The start of a plane, and the rows from which a row of the output is interpolated.
struct Line {
    u64 plane;
    Source row;
};

KERNEL(upsample_nearest, Rows rows, Side high, Side wide, Span<const float> x, Span<float> y) {
    // The factor divides the height of the output, so that rows of all planes can be counted together.
    fill_rows(
        rows, y, 0, [&](u32 row) { return (u64)(row / high.factor) * wide.image; },
        [&](u64 at, u64, u32 j) { return x[at + j / wide.factor]; });
}

KERNEL(upsample_bilinear, Rows rows, Side high, Side wide, Span<const float> x, Span<float> y) {
    fill_rows(
        rows, y, 0,
        [&](u32 row) {
            u32 plane = row / (high.image * high.factor);
            return Line{(u64)plane * high.image * wide.image, source(high, row - plane * high.image * high.factor)};
        },
        [&](Line at, u64, u32 j) {
            Source column = source(wide, j);
            u64 above = at.plane + (u64)at.row.first * wide.image, below = at.plane + (u64)at.row.second * wide.image;
            float right = column.share, left = 1.0f - right, lower = at.row.share, upper = 1.0f - lower;
            return upper * (left * x[above + column.first] + right * x[above + column.second])
                + lower * (left * x[below + column.first] + right * x[below + column.second]);
        });
}

KERNEL(upsample_nearest_backward, Rows rows, Side high, Side wide, Span<const float> dy, Span<float> dx, u32 add) {
    u64 width = (u64)wide.image * wide.factor;
    fill_rows(
        rows, dx, add, [&](u32 row) { return (u64)row * high.factor * width; },
        [&](u64 at, u64, u32 j) {
            float sum = 0.0f;
            for (u32 r = 0; r < high.factor; r++)
                for (u32 c = 0; c < wide.factor; c++) sum += dy[at + r * width + j * wide.factor + c];
            return sum;
        });
}

/// The start of a plane of the output, and a row of the image.
struct ImageRow {
    u64 plane;
    u32 row;
};

KERNEL_RESIDENT(256, 2, upsample_bilinear_backward, Rows rows, Side high, Side wide, Span<const float> dy, Span<float> dx, u32 add) {
    u64 width = (u64)wide.image * wide.factor;
    fill_rows(
        rows, dx, add,
        [&](u32 row) {
            u32 plane = row / high.image;
            return ImageRow{(u64)plane * high.image * high.factor * width, row - plane * high.image};
        },
        [&](ImageRow at, u64, u32 j) {
            Range lines = outputs_of(high, at.row), columns = outputs_of(wide, j);
            float sum = 0.0f;
            for (u32 r = lines.begin; r < lines.end; r++) {
                float line = 0.0f;
                // Unrolled, it would take more registers than a block of any size has.
#pragma unroll 1
                for (u32 c = columns.begin; c < columns.end; c++) line += share(wide, c, j) * dy[at.plane + r * width + c];
                sum += share(high, r, at.row) * line;
            }
            return sum;
        });
}
