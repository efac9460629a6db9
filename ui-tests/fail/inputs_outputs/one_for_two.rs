//! One value where two outputs are declared.

use dl::prelude::*;

model! {
    pub Net(a: [8], b: [6]) -> (sum: [4], rest: [2]) {
        (a -> dense(4)) + (b -> dense(4))
    }
}

fn main() {
    let net = Net::init(1);
    let output = net.predict_one(&NetInput { a: [0.0; 8], b: [0.0; 6] });
    println!("{:?} {:?}", output.sum, output.rest);
}
