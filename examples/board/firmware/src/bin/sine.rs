//! Computes the sine of 100 angles, and prints how far the worst is from the truth.

#![no_std]
#![no_main]

use dl::prelude::*;
use firmware::{Sine, count_instructions, exit, flash, print, print_number, ram};

static NET: &Sine = dl::include_model!(Sine, "../../../sine.safetensors");

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let (mut sine, mut scratch, mut instructions, mut worst) = ([0.0], dl::Scratch::new(), 0, 0.0_f32);
    // The sine and cosine of the angle, turned by the addition theorem.
    let [turn_sine, turn_cosine] = [0.062_790_52_f32, 0.998_026_73];
    let [mut true_sine, mut true_cosine] = [0.0_f32, 1.0];
    for k in 0..100 {
        let angle = [k as f32 * (core::f32::consts::TAU / 100.0)];
        instructions += count_instructions(|| NET.predict_into(&angle, &mut sine, &mut scratch)) / 100;
        let error = (sine[0] - true_sine).abs();
        worst = if error > worst { error } else { worst };
        [true_sine, true_cosine] =
            [true_sine * turn_cosine + true_cosine * turn_sine, true_cosine * turn_cosine - true_sine * turn_sine];
    }
    print("sine: at most ");
    print_number((1000.0 * worst) as u32);
    print("/1000 wrong, flash ");
    print_number(flash());
    print(" bytes, ram ");
    print_number(ram());
    print(" bytes, ");
    print_number(instructions);
    print(" instructions\n");
    exit(true)
}
