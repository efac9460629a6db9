//! A step of a model that looks ahead.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 8] {
        x -> reverse -> dense(8)
    }
}

fn main() {
    let net = Net::init(1);
    let session = net.session(Cpu::new(), 1).unwrap();
    let _ = session.state(1, 100);
}
