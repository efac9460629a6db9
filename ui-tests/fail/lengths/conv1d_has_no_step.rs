//! A convolution that sees later rows has no step.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 4] {
        x -> conv1d(4, 3, padding: same)
    }
}

fn main() {
    let mut session = Net::init(1).session(Cpu::new(), 1).unwrap();
    let _ = session.state(1, 100);
}
