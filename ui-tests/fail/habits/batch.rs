//! A batch in a shape.

use dl::prelude::*;

model! {
    Keras(x: [None, 784]) -> [10] { x -> dense(10) }
    Named(x: [batch, 784]) -> [10] { x -> dense(10) }
    Any(x: [-1, 784]) -> [10] { x -> dense(10) }
    Question(x: [?, 784]) -> [10] { x -> dense(10) }
    Number(image: [32, 1, 28, 28]) -> [10] { image -> conv2d(8, 3) -> flatten -> dense(10) }
    Last(image: [28, 28, 1]) -> [10] { image -> conv2d(8, 3) -> flatten -> dense(10) }
}

fn main() {}
