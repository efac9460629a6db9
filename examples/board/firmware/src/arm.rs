//! A Cortex-M4: the vector table, the start, semihosting, and SysTick.

use core::arch::{asm, global_asm};
use core::ptr::{read_volatile, write_volatile};

// The start switches the FPU on, copies the first values of variables, clears the others, and paints the stack.
global_asm!(
    r#"
    .syntax unified
    .section .vectors, "a"
    .word _stack_top
    .word reset
    .word fault
    .word fault
    .section .start, "ax"
    .global reset
    .thumb_func
reset:
    ldr r0, =0xe000ed88
    ldr r1, [r0]
    orr r1, r1, #0xf00000
    str r1, [r0]
    dsb
    isb
    ldr r0, =_data
    ldr r1, =_data_end
    ldr r2, =_data_from
1:  cmp r0, r1
    beq 2f
    ldr r3, [r2], #4
    str r3, [r0], #4
    b 1b
2:  ldr r1, =_bss_end
    mov r3, #0
3:  cmp r0, r1
    beq 4f
    str r3, [r0], #4
    b 3b
4:  mov r1, sp
    ldr r3, =0x5eed5eed
5:  cmp r0, r1
    beq 6f
    str r3, [r0], #4
    b 5b
6:  bl main
    .thumb_func
fault:
    movs r0, #0x18
    ldr r1, =0x20023
    bkpt 0xab
    b fault
    "#
);

/// Calls the debugger.
pub fn semihosting(call: usize, argument: usize) {
    // SAFETY: the calls that are made read a text that ends with 0, or end the program.
    unsafe { asm!("bkpt 0xab", inout("r0") call => _, in("r1") argument, options(nostack)) };
}

/// The registers of SysTick, which counts down from its reload value, of 24 bits.
const CONTROL: *mut u32 = 0xe000_e010 as *mut u32;
const RELOAD: *mut u32 = 0xe000_e014 as *mut u32;
const CURRENT: *mut u32 = 0xe000_e018 as *mut u32;

/// Returns the ticks that `work` takes.
fn ticks(work: impl FnOnce()) -> u32 {
    // SAFETY: these are the registers of a timer that nothing else uses.
    unsafe {
        write_volatile(RELOAD, 0xff_ffff);
        write_volatile(CURRENT, 0);
        write_volatile(CONTROL, 0b101);
        // The first tick loads the timer.
        while read_volatile(CURRENT) == 0 {}
        let start = read_volatile(CURRENT);
        work();
        start - read_volatile(CURRENT)
    }
}

/// Returns the number of instructions of `work`, at most some hundred million. It is measured in ticks of a loop with a known number, as the
/// emulator counts instructions as time (`-icount shift=0`).
pub fn count_instructions(work: impl FnOnce()) -> u32 {
    const LOOPS: u32 = 1_000_000;
    let known = ticks(|| {
        // SAFETY: the loop changes nothing but the register.
        unsafe { asm!("1: subs {n}, {n}, #1", "bne 1b", n = inout(reg) LOOPS => _, options(nomem, nostack)) };
    });
    let ticks = ticks(work);
    (u64::from(ticks) * u64::from(2 * LOOPS) / u64::from(known)) as u32
}
