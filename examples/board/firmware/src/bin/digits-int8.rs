//! Reads the test digits in 8-bit integers, and prints the class of each.

#![no_std]
#![no_main]

use dl::int8::Scratch;
use dl::prelude::*;
use firmware::{LeNetI8, read_digits};

static NET: &LeNetI8 = dl::include_model!(LeNetI8, "../../../digits-int8.safetensors");
const _: () = assert!(size_of::<Scratch<LeNetI8>>() <= 2048);

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let mut scratch = Scratch::new();
    read_digits(|image, scores| NET.predict_into(image, scores, &mut scratch))
}
