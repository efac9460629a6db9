//! Writes the weights that all programs include, as safetensors and as ONNX.
#[path = "../networks.rs"]
mod networks;

use dl::Model;
use networks::{LeNet, Mlp};

fn main() -> dl::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder to write to");
    let (lenet, mlp) = (LeNet::init(1), Mlp::init(2));
    lenet.save(format!("{folder}/lenet.safetensors"))?;
    mlp.save(format!("{folder}/mlp.safetensors"))?;
    lenet.export_onnx(format!("{folder}/lenet.onnx"))?;
    mlp.export_onnx(format!("{folder}/mlp.onnx"))
}
