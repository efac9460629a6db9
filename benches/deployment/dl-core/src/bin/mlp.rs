//! `Mlp` with dl, without std and without a heap inside the library.
#[path = "../../../common/measure.rs"]
mod measure;
#[path = "../../../dl/src/networks.rs"]
mod networks;

use dl::{Declared, Scratch};
use networks::Mlp;
use std::array::from_fn;

static NET: &Mlp = dl::include_model!(Mlp, "../../../weights/mlp.safetensors");

fn main() {
    let pixels = measure::pixels();
    let input = from_fn(|pixel| pixels[pixel]);
    let (mut output, mut scratch) = ([0.0; 10], Scratch::new());
    measure::report(|| {
        NET.predict_into(&input, &mut output, &mut scratch);
        output.to_vec()
    });
}
