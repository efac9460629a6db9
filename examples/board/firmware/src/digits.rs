//! Prints the class of each test digit, and the memory and time that the program takes.

use crate::{count_instructions, exit, flash, print, print_number, ram};

/// 64 grey values 0..=16 for each digit.
#[unsafe(link_section = ".samples")]
static DIGITS: [u8; 359 * 64] = *include_bytes!("../../target/digits.bin");

/// Predicts the scores of each digit, prints its class, and ends the program.
pub fn read_digits(mut predict: impl FnMut(&[[[f32; 8]; 8]; 1], &mut [f32; 10])) -> ! {
    let (mut scores, mut instructions) = ([0.0; 10], 0);
    for grey in DIGITS.as_chunks::<64>().0 {
        let image =
            [core::array::from_fn(|row| core::array::from_fn(|column| f32::from(grey[8 * row + column]) / 16.0))];
        instructions += count_instructions(|| predict(&image, &mut scores)) / 359;
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

/// Returns the class with the highest score, the last of them if several have it.
pub fn best(scores: &[f32]) -> u32 {
    let mut best = 0;
    for class in 1..scores.len() {
        if scores[class] >= scores[best] {
            best = class;
        }
    }
    best as u32
}
