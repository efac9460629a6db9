// Padding: threads are laid out along rows of the tensor that is written, and each number is gathered from its source.
#include "axes.cuh"

/// `Mode` of `pad2d/mod.rs`.
enum class Mode : u32 { Zeros, Reflect, Replicate };

/// One axis of an image and of its padded copy.
struct Side {
    u32 before, image, output;
};

/// Returns the index in the image for index `at` of the output; `side.image` for zeros.
DEVICE u32 source(Mode mode, const Side& side, u32 at) {
    u32 inside = at - side.before;
    switch (mode) {
    case Mode::Zeros:
        return at < side.before || inside >= side.image ? side.image : inside;
    case Mode::Replicate:
        return at < side.before ? 0 : inside >= side.image ? side.image - 1 : inside;
    default:
        inside = at < side.before ? side.before - at : inside;
        return inside < side.image ? inside : 2 * (side.image - 1) - inside;
    }
}

/// The copies of a number along one axis: a range, and up to two mirrored ones.
struct Copies {
    u32 begin, end, mirrored[2];
};

/// Returns the indices in the output of the copies of index `at` of the image; `side.output` stands for none.
DEVICE Copies copies(Mode mode, const Side& side, u32 at) {
    u32 place = side.before + at, last = side.image - 1, none = side.output;
    Copies c = {place, place + 1, {none, none}};
    if (mode == Mode::Replicate) {
        if (at == 0) c.begin = 0;
        if (at == last) c.end = side.output;
    }
    if (mode == Mode::Reflect) {
        if (at > 0 && at <= side.before) c.mirrored[0] = side.before - at;
        u32 right = side.before + 2 * last - at;
        if (at < last && right < side.output) c.mirrored[1] = right;
    }
    return c;
}

/// A row of a plane.
struct Line {
    u64 plane;
    u32 row;
};

KERNEL(pad2d_forward, Rows rows, Mode mode, Side high, Side wide, Span<const float> x, Span<float> y) {
    fill_rows(
        rows, y, 0,
        [&](u32 row) {
            u32 plane = row / high.output;
            return Line{(u64)plane * high.image * wide.image, source(mode, high, row - plane * high.output)};
        },
        [&](Line at, u64, u32 j) {
            u32 column = source(mode, wide, j);
            return at.row == high.image || column == wide.image ? 0.0f : x[at.plane + (u64)at.row * wide.image + column];
        });
}

/// Returns the sum of the copies of a number in one row of a plane of the output.
DEVICE float sum_row(Span<const float> dy, u64 row, const Copies& columns, u32 none) {
    float sum = 0.0f;
    for (u32 column = columns.begin; column < columns.end; column++) sum += dy[row + column];
    if (columns.mirrored[0] != none) sum += dy[row + columns.mirrored[0]];
    if (columns.mirrored[1] != none) sum += dy[row + columns.mirrored[1]];
    return sum;
}

KERNEL(pad2d_backward, Rows rows, Mode mode, Side high, Side wide, Span<const float> dy, Span<float> dx, u32 add) {
    fill_rows(
        rows, dx, add,
        [&](u32 row) {
            u32 plane = row / high.image;
            return Line{(u64)plane * high.output * wide.output, row - plane * high.image};
        },
        [&](Line at, u64, u32 j) {
            Copies lines = copies(mode, high, at.row), columns = copies(mode, wide, j);
            float sum = 0.0f;
            for (u32 line = lines.begin; line < lines.end; line++)
                sum += sum_row(dy, at.plane + (u64)line * wide.output, columns, wide.output);
            if (lines.mirrored[0] != high.output)
                sum += sum_row(dy, at.plane + (u64)lines.mirrored[0] * wide.output, columns, wide.output);
            if (lines.mirrored[1] != high.output)
                sum += sum_row(dy, at.plane + (u64)lines.mirrored[1] * wide.output, columns, wide.output);
            return sum;
        });
}
