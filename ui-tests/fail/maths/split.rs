//! The parts of `split` are as large as what is split, and each has a name.

use dl::prelude::*;

model! {
    pub Net(x: [6]) -> [4] {
        let (a, b) = x -> split([4, 3]);
        let c = x -> split([2, 4]);
        let (d, e) = x -> split([2, 2, 2]);
        concat(a, b, c, d, e) -> dense(4)
    }
}

fn main() {}
