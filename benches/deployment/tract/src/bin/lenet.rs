//! `lenet` with tract.
#[path = "../../../common/measure.rs"]
mod measure;

use std::collections::HashMap;
use tract_onnx::prelude::*;

static MODEL: &[u8] = include_bytes!("../../../weights/lenet.onnx");

fn main() -> TractResult<()> {
    let model = tract_onnx::onnx().model_for_read(&mut &*MODEL)?;
    // The file leaves the size of the batch open.
    let batch = model.symbols.sym("batch");
    let model =
        model.into_typed()?.set_symbols(&HashMap::from([(batch, 1.to_dim())]))?.into_optimized()?.into_runnable()?;
    let pixels = measure::pixels();
    let predict = || -> TractResult<Vec<f32>> {
        let outputs = model.run(tvec!(Tensor::from_shape(&[1, 1, 28, 28], &pixels)?.into()))?;
        Ok(outputs[0].to_plain_array_view::<f32>()?.iter().copied().collect())
    };
    predict()?;
    measure::report(|| predict().expect("a prediction"));
    Ok(())
}
