//! One-hot vectors are made of classes, of which there is at least one.

use dl::prelude::*;

model! {
    Net(x: [7], class: u32) -> [10] {
        let a = x -> one_hot(10);
        let b = class -> one_hot(0);
        class -> one_hot(num_classes: 10)
    }
}

fn main() {}
