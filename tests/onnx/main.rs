//! Export to ONNX: what every file must have, and the files for `check.py`, which runs them in ONNX Runtime:
//! `DL_ONNX_OUT=target/onnx-files cargo test -p dl-tests --features onnx --test onnx`, then `python3 tests/onnx/check.py target/onnx-files`.
#![allow(missing_docs)]

#[path = "../zoo/alexnet.rs"]
mod alexnet;
mod check;
#[path = "../zoo/densenet.rs"]
mod densenet;
mod harness;
#[path = "../zoo/inception.rs"]
mod inception;
mod layers;
#[path = "../zoo/mobilenet.rs"]
mod mobilenet;
mod names;
mod networks;
#[path = "../zoo/resnet.rs"]
mod resnet;
mod round_trip;
mod sequences;
#[path = "../zoo/unet.rs"]
mod unet;
mod unsayable;
#[path = "../zoo/vgg.rs"]
mod vgg;
