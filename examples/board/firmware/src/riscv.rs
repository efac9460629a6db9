//! A RISC-V core: the start, semihosting, and the counter of instructions.

use core::arch::{asm, global_asm};

// The start copies the first values of variables, clears the others, and paints the stack.
global_asm!(
    r#"
    .section .start, "ax"
    .global reset
reset:
    la sp, _stack_top
    la t0, _data
    la t1, _data_end
    la t2, _data_from
1:  beq t0, t1, 2f
    lw t3, 0(t2)
    sw t3, 0(t0)
    addi t0, t0, 4
    addi t2, t2, 4
    j 1b
2:  la t1, _bss_end
3:  beq t0, t1, 4f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 3b
4:  li t3, 0x5eed5eed
5:  beq t0, sp, 6f
    sw t3, 0(t0)
    addi t0, t0, 4
    j 5b
6:  call main
7:  j 7b
    "#
);

/// Calls the debugger.
pub fn semihosting(call: usize, argument: usize) {
    // SAFETY: the calls that are made read a text that ends with 0, or end the program.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli x0, x0, 0x1f",
            "ebreak",
            "srai x0, x0, 7",
            ".option pop",
            inout("a0") call => _,
            in("a1") argument,
            options(nostack)
        )
    };
}

/// Returns the number of instructions of `work`.
pub fn count_instructions(work: impl FnOnce()) -> u32 {
    let count = || {
        let count: u32;
        // SAFETY: the counter is only read.
        unsafe { asm!("csrr {}, minstret", out(reg) count, options(nomem, nostack)) };
        count
    };
    let start = count();
    work();
    count().wrapping_sub(start)
}
