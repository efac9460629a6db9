// Fibers: stacks that a thread of the processor switches between.
#pragma once
#include "engine.h"

namespace emulation {

struct Fiber {
    void* stack_pointer;
    char* stack;
    Thread* thread;
};

/// Saves the running stack's pointer in `*from` and goes on where `to` was left.
extern "C" void dl_switch(void** from, void* to) __attribute__((visibility("hidden")));

/// Gives the fiber a stack, if it has none, on which `main` runs at the first switch to it.
bool prepare(Fiber& fiber, u32 number, void (*main)());

}  // namespace emulation
