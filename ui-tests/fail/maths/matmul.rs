//! Columns of the first are rows of the second.

use dl::prelude::*;

model! {
    Net(x: [2, 3, 4]) -> [2, 3, 3] {
        let y = x -> transpose;
        let a = matmul(x, x);
        let b = matmul(x, x -> flatten);
        let c = matmul(x, y -> slice(0, 1));
        a + b + c + matmul(x, y)
    }
}

fn main() {}
