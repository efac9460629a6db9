//! The activation of an `rnn` is `tanh` or `relu`; the other layers have none.

use dl::prelude::*;

model! {
    Net(x: [5, 8]) -> [5, 4] {
        let a = x -> rnn(4, activation: sigmoid);
        x -> lstm(4, activation: relu)
    }
}

fn main() {}
