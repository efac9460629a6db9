//! `LeNet` with dl, without std and without a heap inside the library.
#[path = "../../../common/measure.rs"]
mod measure;
#[path = "../../../dl/src/networks.rs"]
mod networks;

use dl::{Declared, Scratch};
use networks::LeNet;
use std::array::from_fn;

static NET: &LeNet = dl::include_model!(LeNet, "../../../weights/lenet.safetensors");

fn main() {
    let pixels = measure::pixels();
    let input = [from_fn(|row| from_fn(|column| pixels[28 * row + column]))];
    let (mut output, mut scratch) = ([0.0; 10], Scratch::new());
    measure::report(|| {
        NET.predict_into(&input, &mut output, &mut scratch);
        output.to_vec()
    });
}
