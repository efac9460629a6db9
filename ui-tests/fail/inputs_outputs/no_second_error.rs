//! The structs of a broken model exist all the same.

use dl::prelude::*;

model! {
    pub Net(a: [8], b: [6]) -> (sum: [4], rest: [2]) {
        let s = (a -> dense(4)) + (b -> dense(4, biass: false));
        (s, s -> dense(2))
    }
}

fn main() {
    let net = Net::init(1);
    let output = net.predict_one(&NetInput { a: [0.0; 8], b: [0.0; 6] });
    println!("{:?} {:?}", output.sum, output.rest);
}
