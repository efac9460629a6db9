//! What only moves numbers: the parts of `concat`, and padding with the zero point.

/// Writes one input of a `concat`: of `outer` runs, each has `whole` numbers in `y`, of which `x` gives those from `offset`.
pub fn concat(outer: usize, whole: usize, offset: usize, x: &[i8], y: &mut [i8]) {
    let part = x.len() / outer.max(1);
    for (x, y) in x.chunks_exact(part.max(1)).zip(y.chunks_exact_mut(whole.max(1))) {
        y[offset..offset + part].copy_from_slice(x);
    }
}

/// Pads images by `[left, right, top, bottom]`: `x` is `[channels, image]`, and each pair is [height, width].
pub fn pad2d(image: [usize; 2], [left, right, top, bottom]: [usize; 4], zero_point: i8, x: &[i8], y: &mut [i8]) {
    let [height, width] = image;
    let wide = width + left + right;
    y.fill(zero_point);
    for (x, y) in x.chunks_exact(height * width).zip(y.chunks_exact_mut((height + top + bottom) * wide)) {
        for (x, y) in x.chunks_exact(width).zip(y[top * wide..].chunks_exact_mut(wide)) {
            y[left..left + width].copy_from_slice(x);
        }
    }
}
