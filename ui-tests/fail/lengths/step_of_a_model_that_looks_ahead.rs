//! Steps of models that look ahead: a layer of the model itself, one of a block in copies, one of a model inside, and two inputs.

use dl::prelude::*;

model! {
    block layer(x) { x -> residual { layer_norm -> attention(2) as attn } }

    pub Net(x: [.., 8]) -> [.., 8] {
        x -> dense(8) -> lstm(4, bidirectional: true) -> reverse
    }

    pub Stack<const N: usize>(x: [.., 8]) -> [.., N] {
        x -> repeat 3 { layer } as layers -> dense(N)
    }

    pub Outer(x: [.., 8]) -> [8] {
        x -> Net as inner -> mean(axis: 0)
    }

    pub Pair(source: [.., 8], target: [.., 8]) -> [target.., 8] {
        target -> cross_attention(source, heads: 2)
    }

    /// Without a sequence.
    pub Plain(x: [8]) -> [8] {
        x -> dense(8)
    }
}

fn main() {
    let _ = Net::init(1).session(Cpu::new(), 1).unwrap().state(1, 100);
    let _ = Stack::<8>::init(1).session(Cpu::new(), 1).unwrap().state(1, 100);
    let _ = Outer::init(1).session(Cpu::new(), 1).unwrap().state(1, 100);
    let _ = Pair::init(1).session(Cpu::new(), 1).unwrap().state(1, 100);
    let _ = Plain::init(1).session(Cpu::new(), 1).unwrap().state(1, 100);
}
