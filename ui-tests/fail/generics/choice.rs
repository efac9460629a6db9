//! The macro cannot choose by what only rustc knows.

use dl::prelude::*;

model! {
    Net<const N: usize>(x: [N]) -> [4] {
        x -> if N > 4 { dense(4) } else { dense(4, bias: false) }
    }
}

fn main() {
    let net = Net::<8>::init(1);
    let _: &Net<8> = &net;
}
