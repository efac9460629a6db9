//! A projection makes the state of an `lstm` smaller; other layers have none.

use dl::prelude::*;

model! {
    Net(x: [5, 8]) -> [5, 4] {
        let a = x -> lstm(4, projection: 4);
        let b = x -> lstm(4, projection: 9);
        x -> gru(4, projection: 2)
    }
}

fn main() {}
