//! The machine as the programs need it: its start, a console, a counter of instructions, and the most stack that was used.
//!
//! The console and the end of the program are semihosting calls, which QEMU and debuggers answer.

#![no_std]

mod digits;
#[cfg(target_arch = "arm")]
#[path = "arm.rs"]
mod machine;
#[cfg(target_arch = "riscv32")]
#[path = "riscv.rs"]
mod machine;
mod report;

pub use digits::{best, read_digits};
pub use machine::count_instructions;
pub use report::{flash, print, print_number, ram};

include!("../../models.rs");

/// Ends the program; the emulator ends with status 0 or 1.
pub fn exit(well: bool) -> ! {
    // The reasons of the semihosting interface: the application ended, or a run-time error.
    machine::semihosting(0x18, if well { 0x2_0026 } else { 0x2_0023 });
    loop {
        core::hint::spin_loop();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    print("panic\n");
    exit(false)
}
