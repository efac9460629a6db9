//! Quantizing a model without the attribute.
use dl::prelude::*;

model! {
    Net(x: [4]) -> [2] { x -> dense(2) }
}

fn small<M: Quantize>(net: &M, samples: &[M::Input]) -> dl::Result<Box<M::Quantized>> {
    net.quantize(samples)
}

fn main() {
    let _ = small(&*Net::init(1), &[[0.5; 4]]);
}
