//! Inputs and outputs that int8 does not take.
use dl::prelude::*;
fn main() {}

model! {
    #[int8]
    Two(a: [4], b: [4]) -> [4] { (a + b) -> dense(4) }

    #[int8]
    Several(x: [4]) -> (y: [2], z: [3]) { let y = x -> dense(2); let z = x -> dense(3); (y, z) }

    #[int8]
    Tokens(tokens: u32[16]) -> [8] { tokens -> embedding(100, 8) -> mean(axis: 0) }

    #[int8]
    Lines(x: [.., 8]) -> [.., 4] { x -> dense(4) }
}
