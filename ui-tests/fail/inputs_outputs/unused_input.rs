//! An input that nothing uses.

use dl::prelude::*;

model! {
    pub Net(a: [8], b: [6]) -> (sum: [4], rest: [2]) {
        let h = a -> dense(4);
        (h, h -> dense(2))
    }
}

fn main() {
    let net = Net::init(1);
    let output = net.predict_one(&NetInput { a: [0.0; 8], b: [0.0; 6] });
    println!("{:?} {:?}", output.sum, output.rest);
}
