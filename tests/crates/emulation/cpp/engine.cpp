// Runs the threads of a block as fibers: barriers, warp operations, and the search for threads that never come.
#include <cstdarg>
#include <cstdio>
#include <string>
#include <vector>
#include "driver.h"
#include "fiber.h"

namespace emulation {

Thread* now;
Block block;

namespace {

Thread threads[MOST_THREADS];
Fiber fibers[MOST_THREADS];
u32 used_fibers;
Fiber* running;
Fiber* unused[MOST_THREADS];
u32 unused_count;
Thread* ready[MOST_THREADS];
u32 ready_first, ready_count;
void* scheduler;
u32 thread_count, started, ended, order_step, order_start;
bool stopped;
Call call;
/// Threads at the block's barrier, and what it gave.
u32 waiting, held, barrier_result;
u32 lanes_waiting[MOST_THREADS / WARP_SIZE];

/// Writes of one block, from one time to another, that it handed on by an atomic operation.
struct Writes {
    const void* at;
    u32 from, to;
};
/// Writes of other blocks that the running block took; `fenced` is the time of the taker's fence after that, 0 before it.
struct Taken {
    Writes writes;
    Thread* by;
    u32 fenced;
};
std::vector<Writes> handed;
std::vector<Taken> taken;

struct SharedPart {
    const void* key;
    u32 at;
};
alignas(256) char shared[MOST_SHARED];
Shadow shared_shadow[MOST_SHARED / SHADOWED];
SharedPart shared_parts[256];
u32 shared_count, shared_used;

const char* const NAMES[] = {"nothing", "__syncthreads", "__syncthreads_or", "__syncthreads_and", "__syncthreads_count", "__syncwarp",
                             "__shfl_sync", "__shfl_xor_sync", "__shfl_up_sync", "__shfl_down_sync", "__ballot_sync", "__any_sync", "__all_sync"};

std::string at(uint3 i) { return "(" + std::to_string(i.x) + ", " + std::to_string(i.y) + ", " + std::to_string(i.z) + ")"; }
std::string at(Site s) { return std::string(s.file) + ":" + std::to_string(s.line); }

void fiber_main();

/// The stack to go on with: a thread that may go on, a fiber for a thread that has not begun, or the scheduler's.
void* next() {
    if (ready_count > 0) {
        Thread* thread = ready[ready_first];
        ready_first = (ready_first + 1) % MOST_THREADS;
        ready_count--;
        running = thread->fiber;
        return running->stack_pointer;
    }
    if (started < thread_count) {
        if (unused_count > 0) {
            running = unused[--unused_count];
        } else {
            running = &fibers[used_fibers];
            if (!prepare(*running, used_fibers++, fiber_main)) mistake({"", 0}, "no memory for the stacks of the threads");
        }
        return running->stack_pointer;
    }
    return scheduler;
}
void make_ready(Thread* thread) {
    thread->wait = Wait::None;
    ready[(ready_first + ready_count) % MOST_THREADS] = thread;
    ready_count++;
}
void fiber_main() {
    for (;;) {
        while (started < thread_count) {
            Thread* thread = &threads[(u32)(((u64)started++ * order_step + order_start) % thread_count)];
            thread->fiber = running;
            now = thread;
            call.run(call.parameters);
            thread->left = true;
            ended++;
        }
        Fiber* me = running;
        unused[unused_count++] = me;
        dl_switch(&me->stack_pointer, next());
    }
}
void wait() {
    Thread* me = now;
    Fiber* fiber = me->fiber;
    dl_switch(&fiber->stack_pointer, next());
    now = me;
}

/// Nobody can go on although threads wait: says for whom they wait.
[[noreturn]] void stuck() {
    Thread* waits = nullptr;
    for (u32 t = 0; t < thread_count && !waits; t++)
        if (threads[t].wait != Wait::None) waits = &threads[t];
    Thread* missing = nullptr;
    bool of_block = waits->wait <= Wait::BarrierCount;
    u32 first = of_block ? 0 : waits->linear / WARP_SIZE * WARP_SIZE;
    for (u32 t = first; t < thread_count && !missing; t++) {
        if (!of_block && (t - first >= WARP_SIZE || !(waits->mask >> (t - first) & 1))) continue;
        Thread& other = threads[t];
        if (other.left || other.wait != waits->wait || (!of_block && other.mask != waits->mask)) missing = &other;
    }
    now = waits;
    if (!missing) mistake(waits->site, "waits for ever at %s", NAMES[(int)waits->wait]);
    std::string does = missing->left ? "has left the kernel" : "waits at " + std::string(NAMES[(int)missing->wait]) + ", " + at(missing->site);
    mistake(waits->site, "waits at %s for thread %s, which %s", NAMES[(int)waits->wait], at(missing->index).c_str(), does.c_str());
}

}  // namespace

void mistake(Site site, const char* format, ...) {
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    std::string place = site.line ? ", " + at(site) : "";
    fail_kernel("kernel `" + std::string(block.kernel) + "`, block " + at(block.index) + ", thread " + at(now->index) + ": " + text + place);
    stopped = true;
    Fiber abandoned;
    dl_switch(&abandoned.stack_pointer, scheduler);
    __builtin_unreachable();
}

void race(Site site, const char* does, const char* did, u16 who, u32 when, const char* name, u64 index) {
    std::string other = "another thread";
    if (when < block.start || who == SEVERAL_BLOCKS)
        other = "another block";
    else if ((who & ~ATOMIC) < (int)MOST_THREADS)
        other = "thread " + at(threads[who & ~ATOMIC].index);
    else if ((who & ~ATOMIC) != SEVERAL)
        other = "another thread of its warp";
    mistake(site, "%s %s[%llu], which %s %s without a barrier between (a race)", does, name, index, other.c_str(), did);
}

u32 barrier(Wait kind, bool predicate, Site site) {
    Thread* me = now;
    me->wait = kind;
    me->site = site;
    held += predicate;
    if (++waiting < thread_count) {
        wait();
        return barrier_result;
    }
    for (u32 t = 0; t < thread_count; t++) {
        Thread& other = threads[t];
        if (other.wait != kind || other.site.line != site.line)
            mistake(site, "waits at %s while thread %s waits at %s, %s", NAMES[(int)kind], at(other.index).c_str(), NAMES[(int)other.wait], at(other.site).c_str());
    }
    barrier_result = held;
    waiting = held = 0;
    block.barrier = ++block.time;
    for (u32 t = 0; t < thread_count; t++)
        if (&threads[t] != me) make_ready(&threads[t]);
    me->wait = Wait::None;
    return barrier_result;
}

u64 warp(Wait kind, u32 mask, u64 value, u32 parameter, u32 width, Site site) {
    Thread* me = now;
    u32 w = me->linear / WARP_SIZE, lane = me->linear % WARP_SIZE;
    Thread* lanes = &threads[w * WARP_SIZE];
    u32 present = thread_count - w * WARP_SIZE >= WARP_SIZE ? 0xFFFFFFFFu : (1u << (thread_count - w * WARP_SIZE)) - 1;
    if (!(mask >> lane & 1)) mistake(site, "calls %s with the mask %#x, which leaves it out", NAMES[(int)kind], mask);
    if (width == 0 || width > WARP_SIZE || (width & (width - 1))) mistake(site, "calls %s with a width of %u", NAMES[(int)kind], width);
    me->wait = kind;
    me->site = site;
    me->mask = mask;
    me->value = value;
    me->parameter = parameter;
    me->width = width;
    lanes_waiting[w] |= 1u << lane;
    u32 group = mask & present;
    bool complete = (lanes_waiting[w] & group) == group;
    for (u32 l = 0; l < WARP_SIZE && complete; l++)
        if (group >> l & 1) complete = lanes[l].wait == kind && lanes[l].mask == mask;
    if (!complete) {
        wait();
        return me->value;
    }

    u64 results[WARP_SIZE];
    u32 votes = 0;
    for (u32 l = 0; l < WARP_SIZE; l++) {
        if (!(group >> l & 1)) continue;
        if (lanes[l].site.line != site.line)
            mistake(site, "waits at %s while thread %s waits at that of %s", NAMES[(int)kind], at(lanes[l].index).c_str(), at(lanes[l].site).c_str());
        if (lanes[l].value) votes |= 1u << l;
    }
    for (u32 l = 0; l < WARP_SIZE; l++) {
        if (!(group >> l & 1)) continue;
        u32 p = lanes[l].parameter, segment = lanes[l].width, first = l & ~(segment - 1);
        i64 from = l;
        switch (kind) {
            case Wait::Shuffle: from = first | (p & (segment - 1)); break;
            case Wait::ShuffleXor: from = (l ^ p) < first + segment ? l ^ p : l; break;
            case Wait::ShuffleUp: from = (i64)l - p >= (i64)first ? (i64)l - p : l; break;
            case Wait::ShuffleDown: from = (i64)l + p < (i64)(first + segment) ? (i64)l + p : l; break;
            case Wait::Ballot: results[l] = votes; continue;
            case Wait::Any: results[l] = votes != 0; continue;
            case Wait::All: results[l] = votes == group; continue;
            default: results[l] = 0; continue;
        }
        if (!(group >> from & 1)) {
            now = &lanes[l];
            mistake(site, "takes the value of lane %lld by %s, which does not take part", from, NAMES[(int)kind]);
        }
        results[l] = lanes[from].value;
    }
    if (kind == Wait::SyncWarp && group == present) block.warp_barrier[w] = ++block.time;
    lanes_waiting[w] &= ~group;
    for (u32 l = 0; l < WARP_SIZE; l++) {
        if (!(group >> l & 1)) continue;
        lanes[l].value = results[l];
        if (&lanes[l] != me) make_ready(&lanes[l]);
    }
    me->wait = Wait::None;
    return me->value;
}

void fence() {
    now->fenced = block.barrier;
    for (Taken& t : taken)
        if (t.by == now && t.fenced == 0) t.fenced = block.time;
}
void meet(const void* at) {
    for (const Writes& writes : handed)
        if (writes.at == at) taken.push_back({writes, now, 0});
    if (now->fenced > block.start) handed.push_back({at, block.start, now->fenced});
}
bool handed_on(u32 when) {
    for (const Taken& t : taken)
        if (t.writes.from <= when && when < t.writes.to && t.fenced != 0 && t.fenced < block.barrier) return true;
    return false;
}

void* shared_memory(const void* key, const char* name, u32 bytes, Shadow** shadow, Site site) {
    u32 k = 0;
    while (k < shared_count && shared_parts[k].key != key) k++;
    if (k == shared_count) {
        u32 from = (shared_used + 15) / 16 * 16;
        if (k == 256 || from + bytes > MOST_SHARED)
            mistake(site, "%s wants %u bytes of shared memory after %u others: a block has %u", name, bytes, from, MOST_SHARED);
        shared_parts[shared_count++] = {key, from};
        shared_used = from + bytes;
    }
    *shadow = shared_shadow + shared_parts[k].at / SHADOWED;
    return shared + shared_parts[k].at;
}

void begin_launch(const char* kernel, dim3 grid, dim3 size) {
    block.kernel = kernel;
    block.grid = grid;
    block.size = size;
    if (block.time > 0x80000000u) {
        forget_accesses();
        memset(shared_shadow, 0, sizeof shared_shadow);
        block.time = 0;
    }
    block.launch_start = ++block.time;
    handed.clear();
    shared_count = shared_used = 0;
    thread_count = size.x * size.y * size.z;
    for (u32 t = 0; t < thread_count; t++) {
        threads[t].linear = t;
        threads[t].index = {t % size.x, t / size.x % size.y, t / size.x / size.y};
    }
}

bool run_block(uint3 index, Call what, u64 seed) {
    block.index = index;
    block.start = block.barrier = ++block.time;
    taken.clear();
    for (u32 w = 0; w <= (thread_count - 1) / WARP_SIZE; w++) {
        block.warp_barrier[w] = block.start;
        lanes_waiting[w] = 0;
    }
    for (u32 t = 0; t < thread_count; t++) {
        threads[t].wait = Wait::None;
        threads[t].left = false;
        threads[t].fenced = 0;
    }
    call = what;
    started = ended = waiting = held = ready_first = ready_count = 0;
    stopped = false;
    order_step = (u32)step(seed, thread_count);
    order_start = (u32)(seed / 64 % thread_count);
    now = &threads[0];
    void* first = next();
    dl_switch(&scheduler, first);
    if (!stopped && ended < thread_count) {
        // On a stack of its own, as every mistake ends by a switch to the scheduler's.
        static Fiber report;
        prepare(report, 0, stuck);
        dl_switch(&scheduler, report.stack_pointer);
    }
    // Abandoned stacks may not be used again as they are.
    if (stopped) used_fibers = unused_count = 0;
    return !stopped;
}

}  // namespace emulation
