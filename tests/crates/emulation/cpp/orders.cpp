// What a test orders: calls of its own thread that go wrong, and a pause at the clearing of memory.
#include <atomic>
#include "driver.h"

namespace emulation {

namespace {
thread_local u64 orders[(int)Order::COUNT];
std::atomic<void (*)()> at_clearing;
}  // namespace

u64 ordered(Order order) { return orders[(int)order]; }
bool next_is_refused() {
    u64& state = orders[(int)Order::REFUSED_PRODUCTS];
    if (state == 0) return false;
    // A generator of Lehmer: never 0.
    state = state % 0x7FFFFFFF * 48271 % 0x7FFFFFFF;
    return state >> 15 & 1;
}
void clearing_begins() {
    if (auto call = at_clearing.load()) call();
}

DL_API void dl_emulation_order(u32 order, u64 value) { orders[order] = value; }
/// `call` is made at the begin of every `cuMemsetD32Async`, before it takes the emulation's lock; null makes none.
DL_API void dl_emulation_at_clearing(void (*call)()) { at_clearing = call; }

}  // namespace emulation
