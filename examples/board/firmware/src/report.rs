//! Text on the console, and how much memory the program takes.

use crate::machine;
use core::ptr::{addr_of, read_volatile};

/// The pattern that the start writes to all memory that the stack may use.
const PAINT: u32 = 0x5eed_5eed;

unsafe extern "C" {
    static _flash_size: u8;
    static _ram_size: u8;
    static _bss_end: u32;
    static _stack_top: u32;
}

/// Prints a text.
pub fn print(text: &str) {
    for chunk in text.as_bytes().chunks(31) {
        let mut line = [0; 32];
        line[..chunk.len()].copy_from_slice(chunk);
        machine::semihosting(0x04, line.as_ptr() as usize);
    }
}

/// Prints a number in decimal.
pub fn print_number(number: u32) {
    let (mut digits, mut from, mut rest) = ([0; 10], 10, number);
    loop {
        from -= 1;
        digits[from] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    print(core::str::from_utf8(&digits[from..]).unwrap_or(""));
}

/// Returns the bytes of read-only memory that the program takes: code, weights and the first values of variables.
pub fn flash() -> u32 {
    addr_of!(_flash_size) as u32
}

/// Returns the bytes of memory that the program takes: its variables, and the most that the stack has used.
pub fn ram() -> u32 {
    let (mut at, top) = (addr_of!(_bss_end), addr_of!(_stack_top));
    // SAFETY: the memory between the variables and the top of the stack exists, and is only read.
    while at < top && unsafe { read_volatile(at) } == PAINT {
        at = at.wrapping_add(1);
    }
    addr_of!(_ram_size) as u32 + (top as u32 - at as u32)
}
