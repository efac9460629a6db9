//! A generic model with parameters that fit.

use dl::prelude::*;

model! {
    Net<const N: usize, const M: usize>(x: [N]) -> [M] { x -> dense(M) -> residual { dense(N) } }

    Flat<const N: usize, const SIZE: usize>(x: [3, N, N]) -> [4] { x -> reshape([SIZE]) -> dense(4) }
}

fn main() {
    assert_eq!(Net::<4, 4>::init(1).predict_one(&[0.0; 4]).len(), 4);
    assert_eq!(Flat::<2, 12>::PARAMETERS, 52);
}
