//! A misspelt combinator, and the words of other libraries for it.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> checkpont { dense(8) -> tanh } -> remat { dense(8) -> tanh } -> dense(4) }
}
