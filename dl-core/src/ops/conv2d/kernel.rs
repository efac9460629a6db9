//! The weights of convolutions, with a struct for each number of dimensions. One-dimensional kernels count as kernels
//! of one row.

use crate::Pod;

/// The weights of a convolution: a matrix of kernels, one for each pair of channels, followed by the bias, which may be
/// empty.
pub trait Kernel: Pod<Element = f32> {
    /// The number of output channels (of input channels for a transposed convolution).
    const ROWS: usize;
    /// The number of input channels of one group (of output channels for a transposed convolution).
    const COLUMNS: usize;
    /// The height and width of a kernel.
    const SIZE: [usize; 2];
    /// The number of elements of all kernels together.
    const WEIGHTS: usize = Self::ROWS * Self::COLUMNS * Self::SIZE[0] * Self::SIZE[1];
}

/// Declares a struct for the weights of a convolution: `rows` by `columns` kernels of the given height and width.
macro_rules! weights {
    (
        $(#[$meta:meta])*
        $name:ident<I, O, $($size:ident),+; B = O>: $weight:ty, $rows:ident by $columns:ident, [$height:expr, $width:expr]
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[repr(C)]
        pub struct $name<const I: usize, const O: usize, $(const $size: usize,)+ const B: usize = O> {
            /// The kernel of every pair of channels.
            pub weight: $weight,
            /// The bias of every output channel.
            pub bias: [f32; B],
        }

        // SAFETY: `repr(C)` and arrays of `f32` only.
        unsafe impl<const I: usize, const O: usize, $(const $size: usize,)+ const B: usize> $crate::Pod
            for $name<I, O, $($size,)+ B>
        {
            type Element = f32;
        }

        impl<const I: usize, const O: usize, $(const $size: usize,)+ const B: usize> Kernel
            for $name<I, O, $($size,)+ B>
        {
            const ROWS: usize = $rows;
            const COLUMNS: usize = $columns;
            const SIZE: [usize; 2] = [$height, $width];
        }
    };
}

weights! {
    /// The weights of a convolution from `I` channels of one group to `O`, with kernels of `KH` by `KW`. `B` is `O`, or
    /// 0 without a bias.
    Conv2d<I, O, KH, KW; B = O>: [[[[f32; KW]; KH]; I]; O], O by I, [KH, KW]
}

weights! {
    /// The weights of a convolution over sequences, from `I` channels of one group to `O`, with kernels of length `K`.
    /// `B` is `O`, or 0 without a bias.
    Conv1d<I, O, K; B = O>: [[[f32; K]; I]; O], O by I, [1, K]
}

weights! {
    /// The weights of a transposed convolution from `I` channels to `O` of one group, with kernels of `KH` by `KW`. `B`
    /// is the number of output channels of all groups, or 0 without a bias.
    ConvTranspose2d<I, O, KH, KW; B = O>: [[[[f32; KW]; KH]; O]; I], I by O, [KH, KW]
}

weights! {
    /// The weights of a transposed convolution over sequences, like [`ConvTranspose2d`] but with kernels of length `K`.
    ConvTranspose1d<I, O, K; B = O>: [[[f32; K]; O]; I], I by O, [1, K]
}
