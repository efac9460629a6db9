//! What later versions will bring.

use dl::prelude::*;

model! {
    block bottleneck(x: [64]) { x -> dense(64) }

    pub Net<const N: usize>(x: [N], y: [8]) -> (a: [4], b: [4]) {
        x -> residual { dense(8) -> relu } -> crate::Encoder: [64] as encoder -> dense(4)
    }
    loss(target: u32) { cross_entropy(output, target) }

    Recurrent(x: [.., 8]) -> [4] { x -> dense(4) }
}

fn main() {}
