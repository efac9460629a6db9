// Fibers: their stacks, and the switch in the machine's own words.
#include "fiber.h"
#include <sys/mman.h>

#if defined(__x86_64__)
asm(R"(
.text
.globl dl_switch
.hidden dl_switch
.type dl_switch, @function
dl_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size dl_switch, .-dl_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl dl_switch
.hidden dl_switch
.type dl_switch, %function
dl_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
.size dl_switch, .-dl_switch
)");
#else
#error "the emulation knows x86-64 and aarch64"
#endif

namespace emulation {

constexpr size_t STACK = 64 * 1024, GUARD = 64 * 1024;

bool prepare(Fiber& fiber, u32 number, void (*main)()) {
    if (!fiber.stack) {
        void* memory = mmap(nullptr, GUARD + STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED || mprotect((char*)memory + GUARD, STACK, PROT_READ | PROT_WRITE) != 0) return false;
        fiber.stack = (char*)memory + GUARD;
    }
    // Stacks begin at different lines of the cache: else a thousand of them would share a few.
    u64 top = (u64)fiber.stack + STACK - number % 32 * 192;
    top &= ~(u64)15;
    u64* at = (u64*)top;
#if defined(__x86_64__)
    *--at = 0;               // the return address of `main`, which never returns
    *--at = (u64)main;       // where `ret` goes
    for (int k = 0; k < 6; k++) *--at = 0;
#else
    at -= 20;
    for (int k = 0; k < 20; k++) at[k] = 0;
    at[11] = (u64)main;      // x30
#endif
    fiber.stack_pointer = at;
    return true;
}

}  // namespace emulation
