//! LeNet with Burn, on its CPU backend Flex.
#[path = "../../../common/measure.rs"]
mod measure;

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::prelude::*;
use burn::store::{ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use burn::tensor::activation::relu;

static WEIGHTS: &[u8] = include_bytes!("../../../weights/lenet.safetensors");

#[derive(Module, Debug)]
struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    dense1: Linear,
    dense2: Linear,
    dense3: Linear,
}

impl LeNet {
    fn new(device: &Device) -> Self {
        LeNet {
            conv1: Conv2dConfig::new([1, 6], [5, 5]).with_padding(PaddingConfig2d::Explicit(2, 2, 2, 2)).init(device),
            conv2: Conv2dConfig::new([6, 16], [5, 5]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            dense1: LinearConfig::new(400, 120).init(device),
            dense2: LinearConfig::new(120, 84).init(device),
            dense3: LinearConfig::new(84, 10).init(device),
        }
    }
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.conv1.forward(x)));
        let x = self.pool.forward(relu(self.conv2.forward(x)));
        let x = relu(self.dense1.forward(x.flatten(1, 3)));
        self.dense3.forward(relu(self.dense2.forward(x)))
    }
}

fn main() {
    let device = Device::default();
    let mut net = LeNet::new(&device);
    let mut store = SafetensorsStore::from_bytes(Some(WEIGHTS.to_vec())).with_from_adapter(PyTorchToBurnAdapter);
    net.load_from(&mut store).expect("the weights");
    let pixels = measure::pixels();
    measure::report(|| {
        let input = Tensor::<1>::from_floats(pixels.as_slice(), &device).reshape([1, 1, 28, 28]);
        net.forward(input).into_data().try_to_vec().expect("numbers")
    });
}
