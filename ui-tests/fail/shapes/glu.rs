//! `glu` of an odd number of channels.

use dl::prelude::*;

model! {
    pub Net(image: [3, 4, 4]) -> [1, 4, 4] { image -> glu }
}

fn main() {}
