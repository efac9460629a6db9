// Who touched an element last: what finds races in shared and global memory.
#pragma once
#include "engine.h"

namespace emulation {

constexpr u16 SEVERAL = 0x7FFF, SEVERAL_BLOCKS = 0x7FFE, OF_A_WARP = 0x4000, ATOMIC = 0x8000;

/// The last accesses to an element: when, and by which thread of the block.
struct Shadow {
    u32 written, read;
    u16 writer, reader;
};

/// Bytes of global memory that one `Shadow` stands for.
constexpr u64 SHADOWED = 2;

/// Whether an access of this launch came before everything the running thread does now: its own, or with a barrier between, or
/// handed on by another block.
static inline bool ordered(u16 who, u32 when) {
    if (who == SEVERAL_BLOCKS) return false;
    if (when < block.start) return handed_on(when);
    u32 t = now->linear, warp = t / WARP_SIZE, other = who & ~ATOMIC;
    if (when < block.barrier || other == t) return true;
    u32 other_warp = other < MOST_THREADS ? other / WARP_SIZE : other & ~OF_A_WARP;
    return other_warp == warp && when < block.warp_barrier[warp];
}

/// Reports two accesses without a barrier between them.
[[noreturn]] void race(Site site, const char* does, const char* did, u16 who, u32 when, const char* name, u64 index);

// Accesses since `scope` count: the launch's start for global memory, the block's for shared memory.

static inline void note_read(Shadow* s, u32 scope, Site site, const char* name, u64 index) {
    if (s->written >= scope && !ordered(s->writer, s->written)) race(site, "reads", "wrote", s->writer, s->written, name, index);
    u16 reader = (u16)now->linear;
    if (s->read >= scope) {
        u16 of_my_warp = OF_A_WARP | (reader / WARP_SIZE);
        if (s->read < block.start || s->reader == SEVERAL_BLOCKS)
            reader = SEVERAL_BLOCKS;
        else if (s->read >= block.barrier && s->reader != reader)
            reader = s->reader == of_my_warp || (s->reader < MOST_THREADS && s->reader / WARP_SIZE == reader / WARP_SIZE) ? of_my_warp : SEVERAL;
    }
    s->read = block.time;
    s->reader = reader;
}
static inline void note_write(Shadow* s, u32 scope, Site site, const char* name, u64 index) {
    if (s->written >= scope && !ordered(s->writer, s->written)) race(site, "writes", "wrote", s->writer, s->written, name, index);
    if (s->read >= scope && !ordered(s->reader, s->read)) race(site, "writes", "read", s->reader, s->read, name, index);
    s->written = block.time;
    s->writer = (u16)now->linear;
}
static inline void note_atomic(Shadow* s, u32 scope, Site site, const char* name, u64 index) {
    u16 writer = (u16)now->linear | ATOMIC;
    if (s->written >= scope && !ordered(s->writer, s->written)) {
        if (!(s->writer & ATOMIC)) race(site, "changes", "wrote", s->writer, s->written, name, index);
        writer = SEVERAL | ATOMIC;
    }
    if (s->read >= scope && !ordered(s->reader, s->read)) race(site, "changes", "read", s->reader, s->read, name, index);
    s->written = block.time;
    s->writer = writer;
}

}  // namespace emulation
