//! Writes `dl-onnx/src/messages.rs` from `dl-onnx/proto/onnx.proto`, with `protox` instead of `protoc`, so that Rust is all it needs:
//! `cargo run --manifest-path dl-onnx/generate/Cargo.toml`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let descriptors = protox::compile(["onnx.proto"], [package.join("proto")])?;
    let mut config = prost_build::Config::new();
    // Weights stay in the bytes of the file; comments are in `onnx.proto`, whose indentation rustdoc would take for code.
    config.bytes(["."]).disable_comments(["."]).out_dir(package.join("src"));
    // Most attributes are numbers, and need no place for a tensor or a graph.
    for rare in ["t", "g", "sparse_tensor", "tp"] {
        config.boxed(format!(".onnx.AttributeProto.{rare}"));
    }
    config.compile_fds(descriptors)?;
    std::fs::rename(package.join("src/onnx.rs"), package.join("src/messages.rs"))?;
    Ok(())
}
