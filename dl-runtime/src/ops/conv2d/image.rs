//! Images as convolutions read them: with their padding, and columns that one tap reads side by side.

use super::Sizes;

/// How the rows of an image lie in memory for a window that moves by `stride` columns: column `c` of the padded image is
/// at `(c mod stride)·pitch + c / stride`. So the columns that one element of the kernel meets are contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Height and width of the image.
    pub image: [usize; 2],
    /// Rows of zeros above, columns of zeros on the left.
    pub before: [usize; 2],
    /// Rows with the zeros above and below.
    pub rows: usize,
    /// Steps of the window along a row.
    pub stride: usize,
    /// From the columns of one remainder to those of the next.
    pub pitch: usize,
}

impl Layout {
    /// The padded input of a convolution.
    pub fn input(s: &Sizes) -> Self {
        let columns = s.image[1] + 2 * s.padding[1];
        Layout {
            image: s.image,
            before: s.padding,
            rows: s.image[0] + 2 * s.padding[0],
            stride: s.stride[1],
            pitch: columns.div_ceil(s.stride[1]),
        }
    }
    /// The gradient to the output, with as many zeros around as the gradient to the input looks at.
    pub fn d_output(s: &Sizes) -> Self {
        let before = [0, 1].map(|i| (s.kernel[i] - 1) * s.dilation[i] / s.stride[i]);
        let size = |i: usize| before[i] + s.output[i].max((s.image[i] - 1 + s.padding[i]) / s.stride[i] + 1);
        Layout { image: s.output, before, rows: size(0), stride: 1, pitch: size(1) }
    }
    /// Floats from one row to the next.
    pub fn row(self) -> usize {
        self.stride * self.pitch
    }
    /// Floats of one channel.
    pub fn plane(self) -> usize {
        self.rows * self.row()
    }
    /// Whether this is the image as it is.
    pub fn is_plain(self) -> bool {
        self.before == [0, 0] && self.stride == 1 && self.rows == self.image[0] && self.pitch == self.image[1]
    }
    /// Position of a padded column in a row.
    pub fn column(self, column: usize) -> usize {
        column % self.stride * self.pitch + column / self.stride
    }

    /// Copies images, as many as there is room for.
    pub fn fill(self, from: &[f32], to: &mut [f32]) {
        let [height, width] = self.image;
        for (from, to) in from.chunks_exact(height * width).zip(to.chunks_exact_mut(self.plane())) {
            let (above, rest) = to.split_at_mut(self.before[0] * self.row());
            let (middle, below) = rest.split_at_mut(height * self.row());
            above.fill(0.0);
            below.fill(0.0);
            for (from, to) in from.chunks_exact(width).zip(middle.chunks_exact_mut(self.row())) {
                if self.stride == 1 {
                    let (left, rest) = to.split_at_mut(self.before[1]);
                    let (middle, right) = rest.split_at_mut(width);
                    left.fill(0.0);
                    middle.copy_from_slice(from);
                    right.fill(0.0);
                } else {
                    to.fill(0.0);
                    for (c, x) in from.iter().enumerate() {
                        to[self.column(c + self.before[1])] = *x;
                    }
                }
            }
        }
    }
}
