//! Layers that dl has not, or has in another form.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] {
        x
            -> lstm_cell(16)
            -> time_distributed(dense(4))
            -> multi_head_attention(8, 2)
            -> squeeze(0)
            -> Sequential(dense(4))
            -> activation("relu")
            -> conv3d(4, 3)
            -> random_crop(4)
            -> input(8)
            -> sin
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
