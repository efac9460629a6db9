//! Reads the test digits, and prints the class of each.

#![no_std]
#![no_main]

use dl::prelude::*;
use firmware::{LeNet, count_instructions, exit, flash, print, print_number, ram};

static NET: &LeNet = dl::include_model!(LeNet, "../../../digits.safetensors");
const _: () = assert!(size_of::<dl::Scratch<LeNet>>() <= 4096);

/// 64 grey values 0..=16 for each digit.
#[unsafe(link_section = ".samples")]
static DIGITS: [u8; 359 * 64] = *include_bytes!("../../../target/digits.bin");

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let (mut scores, mut scratch, mut instructions) = ([0.0; 10], dl::Scratch::new(), 0);
    for grey in DIGITS.as_chunks::<64>().0 {
        let image = [core::array::from_fn(|row| core::array::from_fn(|column| f32::from(grey[8 * row + column]) / 16.0))];
        instructions += count_instructions(|| NET.predict_into(&image, &mut scores, &mut scratch)) / 359;
        print_number(best(&scores));
        print("\n");
    }
    print("flash ");
    print_number(flash());
    print(" bytes, ram ");
    print_number(ram());
    print(" bytes, ");
    print_number(instructions);
    print(" instructions\n");
    exit(true)
}

/// Returns the class with the highest score.
fn best(scores: &[f32; 10]) -> u32 {
    let mut best = 0;
    for class in 1..10 {
        if scores[class] > scores[best] {
            best = class;
        }
    }
    best as u32
}
