//! The attribute with settings, twice, before a loss, and for a model whose second name is taken.
use dl::prelude::*;
fn main() {}

model! {
    #[int8(percentile = 99)]
    One(x: [4]) -> [2] { x -> dense(2) }

    #[int8]
    #[int8]
    Two(x: [4]) -> [2] { x -> dense(2) }

    #[int8]
    loss LogCosh(y: [3], target: [3]) { mse(y, target) }

    #[int8]
    Net(x: [4]) -> [2] { x -> dense(2) }
    NetI8(x: [4]) -> [2] { x -> dense(2) }
}
