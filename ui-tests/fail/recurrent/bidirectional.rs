//! `bidirectional` is `true` or `false`, and makes twice as many features.

use dl::prelude::*;

model! {
    Wrong(x: [5, 8]) -> [5, 4] {
        let a = x -> lstm(4, bidirectional: 2);
        x -> gru(4, bidirectional: yes)
    }

    Net(x: [5, 8]) -> [5, 4] { x -> lstm(4, bidirectional: true) }
}

fn main() {}
