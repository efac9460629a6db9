//! Two models, blocks, constants or parameters of one name, and a model called like a struct that another one makes.

use dl::prelude::*;

model! {
    const WIDE: usize = 3;
    const WIDE: usize = 4;

    block wide(x, width, width) { x -> dense(width) }
    block wide(x) { x -> dense(WIDE) }

    pub Net(x: [8], y: [8], x: [8]) -> (a: [4], a: [4]) {
        ((x + y) -> dense(4), x -> wide(4))
    }

    pub Net(x: [8]) -> [4] { x -> dense(4) }

    pub Pair(x: [8], y: [8]) -> [4] { (x + y) -> dense(4) }

    pub PairInput(x: [8]) -> [4] { x -> dense(4) -> linear(3) }

    pub Generic<const IN: usize, const IN: usize>(x: [IN]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
    let _: PairInput = PairInput { x: [0.0; 8], y: [0.0; 8] };
    let _ = Pair::init(1).predict_one(&PairInput { x: [0.0; 8], y: [0.0; 8] });
}
