//! The dropout of a recurrent layer is between its layers, of which there must be several, and is a rate.

use dl::prelude::*;

model! {
    Net(x: [5, 8]) -> [5, 4] {
        let a = x -> lstm(4, dropout: 0.2);
        let b = x -> rnn(4, layers: 2, dropout: 1.5);
        x -> gru(4, layers: 1, dropout: 0.5)
    }
}

fn main() {}
