//! The backward pass of a loss follows its forward pass at once, so nothing would be saved.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { mse(output -> checkpoint { tanh -> sigmoid }, target) }
}
