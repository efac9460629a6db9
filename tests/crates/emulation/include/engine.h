// What running threads ask of the engine: who they are, barriers, warp operations, and how a mistake is reported.
#pragma once
#include "types.h"

namespace emulation {

constexpr u32 WARP_SIZE = 32, MOST_THREADS = 1024, MOST_SHARED = 48 * 1024;

/// A place in a kernel's source.
struct Site {
    const char* file;
    int line;
};

enum class Wait : u8 { None, Barrier, BarrierOr, BarrierAnd, BarrierCount, SyncWarp, Shuffle, ShuffleXor, ShuffleUp, ShuffleDown, Ballot, Any, All };

/// A thread of the running block.
struct Thread {
    uint3 index;
    u32 linear;
    struct Fiber* fiber;
    /// What it waits for, and with what.
    Wait wait;
    bool left;
    Site site;
    u32 mask, parameter, width;
    u64 value;
    /// What was written before this time, the thread's last fence made visible to other blocks.
    u32 fenced;
};

/// What the threads of the running block share. Times count barriers: one number orders every access of a launch.
struct Block {
    const char* kernel;
    uint3 index;
    dim3 size, grid;
    u32 time, launch_start, start, barrier, warp_barrier[MOST_THREADS / WARP_SIZE];
};

extern Thread* now;
extern Block block;

/// Reports a mistake of the running thread and ends the launch.
[[noreturn]] void mistake(Site site, const char* format, ...) __attribute__((format(printf, 2, 3)));

/// Waits for the whole block; the number of threads whose `predicate` holds.
u32 barrier(Wait kind, bool predicate, Site site);
/// Waits for the lanes of `mask`, and exchanges values.
u64 warp(Wait kind, u32 mask, u64 value, u32 parameter, u32 width, Site site);

/// A fence of the device's memory. It covers what any thread of the block wrote before the last barrier.
void fence();
/// An atomic operation on global memory. It hands on what the thread's last fence covers, and takes what other blocks handed on at
/// this address, which the block may read after the thread's next fence and a barrier. This is stricter than CUDA, where the thread
/// itself needs no barriers.
void meet(const void* at);
/// Whether the writes that another block made at this time were handed on to the running block.
bool handed_on(u32 when);

struct Shadow;
/// The block's memory for the `SHARED` array of this key.
void* shared_memory(const void* key, const char* name, u32 bytes, Shadow** shadow, Site site);

}  // namespace emulation
