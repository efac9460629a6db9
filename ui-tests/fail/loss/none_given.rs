//! A trainer without a loss, for a model without one.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let mut net = Net::init(1);
    let data = dl::data::Dataset::new(vec![[0.0; 8]; 4], vec![0_u32; 4]).unwrap();
    Trainer::new(Adam::new(1e-3)).fit(&mut net, &data).unwrap();
}
