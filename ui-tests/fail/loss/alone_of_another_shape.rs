//! The trainer's loss has the shape of the network's output.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }

    loss Squares<const N: usize>(y: [N], target: [N]) { mse(y, target) }
}

fn main() -> dl::Result<()> {
    let data = dl::data::Dataset::new(vec![[0.0; 8]], vec![[0.0; 4]])?;
    Trainer::new(Adam::new(1e-3)).loss(LossOf::<Squares<3>>::new()).fit(&mut Net::init(1), &data)?;
    Ok(())
}
