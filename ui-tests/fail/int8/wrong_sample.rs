//! Samples and results of another shape.
use dl::prelude::*;

model! {
    #[int8]
    Net(x: [4]) -> [2] { x -> dense(2) }
}

fn main() -> dl::Result<()> {
    let small = Net::quantize(&Net::init(1), &[[0.5; 3]])?;
    let mut scratch = dl::int8::Scratch::new();
    small.predict_into(&[0.0; 4], &mut [0.0; 3], &mut scratch);
    Ok(())
}
