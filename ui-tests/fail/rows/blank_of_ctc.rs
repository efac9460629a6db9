//! A blank that is no class, and inputs of other shapes.

use dl::prelude::*;

model! {
    pub Net(x: [20, 4]) -> [20, 5] {
        let y = x -> dense(5);
        y
    } loss(labels: u32[6], one: u32) {
        ctc(output, labels, blank: 5) + ctc(output, one) + ctc(output -> mean(axis: 0), labels)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
