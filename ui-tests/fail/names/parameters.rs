//! Parameters are in capitals, as all sizes are.

use dl::prelude::*;

model! {
    pub Net<const inputs: usize, const hidden: usize>(x: [inputs]) -> [4] {
        x -> dense(hidden) -> dense(4)
    }
}

fn main() {
    let net = Net::<3, 4>::init(1);
    let _: &Net<3, 4> = &net;
}
