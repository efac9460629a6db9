//! Groups that divide the channels, and places to scale over.

use dl::prelude::*;

model! {
    Net(x: [6]) -> [6] {
        let a = x -> group_norm(4);
        let b = x -> instance_norm;
        a + b
    }
}

fn main() {}
