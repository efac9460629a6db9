//! The output padding of a transposed convolution is less than its stride, and something of the output must be left.
use dl::prelude::*;

model! {
    Open(x: [2, 4, 4]) -> [3, 9, 9] { x -> conv_transpose2d(3, 2, stride: 2, output_padding: [1, 2]) }

    Nothing(x: [2, 2, 3]) -> [3, 1, 1] { x -> conv_transpose2d(3, 2, padding: 2) }

    Sequence(x: [2, 2]) -> [3, 1] { x -> conv_transpose1d(3, 2, output_padding: 1) }
}

fn main() {}
