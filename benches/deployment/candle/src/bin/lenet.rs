//! LeNet with candle.
#[path = "../../../common/measure.rs"]
mod measure;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Conv2dConfig, Module, VarBuilder, conv2d, linear};

static WEIGHTS: &[u8] = include_bytes!("../../../weights/lenet.safetensors");

fn main() -> Result<()> {
    let vars = VarBuilder::from_slice_safetensors(WEIGHTS, DType::F32, &Device::Cpu)?;
    let conv1 = conv2d(1, 6, 5, Conv2dConfig { padding: 2, ..Default::default() }, vars.pp("conv1"))?;
    let conv2 = conv2d(6, 16, 5, Conv2dConfig::default(), vars.pp("conv2"))?;
    let dense1 = linear(400, 120, vars.pp("dense1"))?;
    let dense2 = linear(120, 84, vars.pp("dense2"))?;
    let dense3 = linear(84, 10, vars.pp("dense3"))?;
    let pixels = measure::pixels();
    let predict = || -> Result<Vec<f32>> {
        let x = Tensor::from_slice(&pixels, (1, 1, 28, 28), &Device::Cpu)?;
        let x = conv1.forward(&x)?.relu()?.max_pool2d(2)?;
        let x = conv2.forward(&x)?.relu()?.max_pool2d(2)?.flatten_from(1)?;
        let x = dense2.forward(&dense1.forward(&x)?.relu()?)?.relu()?;
        dense3.forward(&x)?.flatten_all()?.to_vec1()
    };
    predict()?;
    measure::report(|| predict().expect("a prediction"));
    Ok(())
}
