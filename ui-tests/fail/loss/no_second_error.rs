//! The target of a model with a mistake in its loss exists all the same.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(class: u32, near: [4]) { cross_entropy(output, class) + mse(output, neer) }
}

fn main() {
    let mut net = Net::init(1);
    let targets = vec![NetTarget { class: 1, near: [0.0; 4] }; 4];
    let data = dl::data::Dataset::new(vec![[0.0; 8]; 4], targets).unwrap();
    Trainer::new(Adam::new(1e-3)).fit(&mut net, &data).unwrap();
    println!("{:?}", Net::TERMS);
}
