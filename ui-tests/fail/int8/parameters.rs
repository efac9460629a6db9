//! Sizes that are parameters.
use dl::prelude::*;
fn main() {}

model! {
    #[int8]
    pub Mlp<const IN: usize>(x: [IN]) -> [10] { x -> dense(16) -> relu -> dense(10) }
}
