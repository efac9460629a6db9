//! A slice within its input, with something in it.

use dl::prelude::*;

const N: usize = 5;

model! {
    Net(x: [8]) -> [2] {
        let a = x -> slice(6, 9);
        let b = x -> slice(3, 3);
        let c = x -> slice(N, N + 4);
        a + b + c
    }
}

fn main() {}
