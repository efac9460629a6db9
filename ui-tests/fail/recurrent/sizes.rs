//! There is at least one hidden feature and one layer, and at most a thousand layers.

use dl::prelude::*;

model! {
    Net(x: [5, 8]) -> [5, 4] {
        let a = x -> lstm(0);
        let b = x -> gru(4, layers: 0);
        let c = x -> rnn(4, layers: -1);
        let d = x -> rnn(4, layers: 2000);
        x -> lstm(4, projection: 0)
    }
}

fn main() {}
