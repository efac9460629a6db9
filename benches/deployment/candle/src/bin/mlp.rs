//! The MLP with candle.
#[path = "../../../common/measure.rs"]
mod measure;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Module, VarBuilder, linear};

static WEIGHTS: &[u8] = include_bytes!("../../../weights/mlp.safetensors");

fn main() -> Result<()> {
    let vars = VarBuilder::from_slice_safetensors(WEIGHTS, DType::F32, &Device::Cpu)?;
    let dense1 = linear(784, 512, vars.pp("dense1"))?;
    let dense2 = linear(512, 256, vars.pp("dense2"))?;
    let dense3 = linear(256, 10, vars.pp("dense3"))?;
    let pixels = measure::pixels();
    let predict = || -> Result<Vec<f32>> {
        let x = Tensor::from_slice(&pixels, (1, 784), &Device::Cpu)?;
        let x = dense2.forward(&dense1.forward(&x)?.relu()?)?.relu()?;
        dense3.forward(&x)?.flatten_all()?.to_vec1()
    };
    predict()?;
    measure::report(|| predict().expect("a prediction"));
    Ok(())
}
