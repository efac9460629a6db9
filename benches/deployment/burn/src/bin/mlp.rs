//! The MLP with Burn, on its CPU backend Flex.
#[path = "../../../common/measure.rs"]
mod measure;

use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use burn::store::{ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use burn::tensor::activation::relu;

static WEIGHTS: &[u8] = include_bytes!("../../../weights/mlp.safetensors");

#[derive(Module, Debug)]
struct Mlp {
    dense1: Linear,
    dense2: Linear,
    dense3: Linear,
}

fn main() {
    let device = Device::default();
    let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(&device);
    let mut net = Mlp { dense1: linear(784, 512), dense2: linear(512, 256), dense3: linear(256, 10) };
    let mut store = SafetensorsStore::from_bytes(Some(WEIGHTS.to_vec())).with_from_adapter(PyTorchToBurnAdapter);
    net.load_from(&mut store).expect("the weights");
    let pixels = measure::pixels();
    measure::report(|| {
        let x = Tensor::<1>::from_floats(pixels.as_slice(), &device).reshape([1, 784]);
        let x = relu(net.dense2.forward(relu(net.dense1.forward(x))));
        net.dense3.forward(x).into_data().try_to_vec().expect("numbers")
    });
}
