//! `mlp` with ONNX Runtime.
#[path = "../../../common/measure.rs"]
mod measure;

use ort::session::Session;
use ort::value::TensorRef;

static MODEL: &[u8] = include_bytes!("../../../weights/mlp.onnx");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let library = std::env::var("ORT_DYLIB_PATH")?;
    let environment = ort::init_from(library)?.build()?;
    let mut session = Session::builder(&environment)?.with_intra_threads(1)?.commit_from_memory(MODEL)?;
    let pixels = measure::pixels();
    measure::report(|| {
        let input = TensorRef::from_array_view(([1, 784], pixels.as_slice())).expect("784 pixels");
        let outputs = session.run(ort::inputs![input]).expect("a prediction");
        outputs[0].try_extract_tensor::<f32>().expect("scores").1.to_vec()
    });
    Ok(())
}
