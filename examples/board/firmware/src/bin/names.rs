//! Writes a name from each first letter on: each letter that the network expects most is shown to it, until it expects the end.

#![no_std]
#![no_main]

use dl::prelude::*;
use firmware::{MOST_LETTERS, Names, best, count_instructions, exit, flash, print, print_number, ram};

static NET: &Names = dl::include_model!(Names, "../../../names.safetensors");
const _: () = assert!(size_of::<dl::Stream<Names>>() <= 136);

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let (mut scores, mut stream, mut scratch) = ([0.0; 27], dl::Stream::new(), dl::Scratch::new());
    let (mut instructions, mut steps) = (0, 0);
    for first in 1..=26 {
        stream.clear();
        NET.step_into(&0, &mut scores, &mut stream, &mut scratch);
        let mut letter = first;
        while letter != 0 && stream.rows() <= MOST_LETTERS {
            print(core::str::from_utf8(&[b'`' + letter as u8]).unwrap_or_default());
            instructions += count_instructions(|| NET.step_into(&letter, &mut scores, &mut stream, &mut scratch));
            steps += 1;
            letter = best(&scores);
        }
        print("\n");
    }
    print("flash ");
    print_number(flash());
    print(" bytes, ram ");
    print_number(ram());
    print(" bytes, ");
    print_number(instructions / steps);
    print(" instructions a letter\n");
    exit(true)
}
