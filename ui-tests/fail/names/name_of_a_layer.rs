//! Names that are layers (for a layer; a value may have one), words of Rust or of the language.

use dl::prelude::*;

model! {
    pub Net(mean: [8]) -> [4] {
        let relu = mean -> dense(8) as softmax;
        let concat = relu -> dense(8) as match;
        concat -> dense(4) as Output
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
