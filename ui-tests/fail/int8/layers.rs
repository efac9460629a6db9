//! Layers without a form on int8, all at once.
use dl::prelude::*;
fn main() {}

model! {
    #[int8]
    Net(x: [1, 8, 8]) -> [4] {
        x -> conv2d(4, 3) -> group_norm(2) -> relu -> conv_transpose2d(4, 2) -> flatten -> layer_norm -> dense(4)
    }
}
