//! Names that are layers, words of Rust or of the language.

use dl::prelude::*;

model! {
    pub Net(dense: [8]) -> [4] {
        let relu = dense -> dense(8);
        let concat = relu -> dense(8) as match;
        concat -> dense(4) as Output
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
