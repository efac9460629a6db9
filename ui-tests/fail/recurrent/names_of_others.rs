//! Arguments that other libraries have.

use dl::prelude::*;

model! {
    Net(x: [5, 8]) -> [5, 4] {
        let a = x -> lstm(hidden_size: 4);
        let b = x -> lstm(4, num_layers: 2);
        let c = x -> lstm(8, proj_size: 4);
        let d = x -> gru(4, return_sequences: true);
        let e = x -> gru(4, batch_first: true);
        let f = x -> bidirectional(lstm(4));
        let g = x -> lstm_cell(4);
        x -> simple_rnn(units: 4)
    }
}

fn main() {}
