//! A recurrent layer takes a sequence of rows.

use dl::prelude::*;

model! {
    Net(x: [8], image: [3, 8, 8], tokens: u32[12]) -> [5, 4] {
        let a = x -> lstm(4);
        let b = image -> gru(4);
        tokens -> rnn(4)
    }
}

fn main() {}
