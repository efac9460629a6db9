//! Reads the test digits in real numbers, and prints the class of each.

#![no_std]
#![no_main]

use dl::prelude::*;
use firmware::{LeNet, read_digits};

static NET: &LeNet = dl::include_model!(LeNet, "../../../digits.safetensors");
const _: () = assert!(size_of::<dl::Scratch<LeNet>>() <= 4096);

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let mut scratch = dl::Scratch::new();
    read_digits(|image, scores| NET.predict_into(image, scores, &mut scratch))
}
