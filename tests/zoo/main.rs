//! Networks of the literature, each in the fewest lines that still read well: their numbers of parameters against those
//! published, and their outputs and gradients against PyTorch, the small ones as narrower copies made of the same blocks.
#![allow(missing_docs)]

mod alexnet;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod densenet;
mod inception;
mod mobilenet;
mod resnet;
mod unet;
mod vgg;
