//! A checkpoint reads a value.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] {
        let h = checkpoint { dense(8) };
        (x + h) -> dense(4)
    }
}
