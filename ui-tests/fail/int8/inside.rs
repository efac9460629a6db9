//! A model inside the model.
use dl::prelude::*;
fn main() {}

model! {
    Body(x: [4]) -> [8] { x -> dense(8) -> relu }

    #[int8]
    Net(x: [4]) -> [2] { x -> Body as body -> dense(2) }
}
