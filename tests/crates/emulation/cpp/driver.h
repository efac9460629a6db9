// The parts of the driver library for each other, and what the other libraries need of it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>
#include "kernel.h"

namespace emulation {

#define DL_API extern "C" __attribute__((visibility("default")))
#define DL_SHARED __attribute__((visibility("default")))

using Result = int;
constexpr Result SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_CONTEXT = 201,
                 INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719, CAPTURE_UNSUPPORTED = 900,
                 CAPTURE_INVALIDATED = 901, CAPTURE_UNMATCHED = 903, CAPTURE_UNJOINED = 904, CAPTURE_ISOLATION = 905, CAPTURE_IMPLICIT = 906, CAPTURED_EVENT = 907, ILLEGAL_STATE = 401,
                 LOSSY_QUERY = 402, EXEC_UPDATE_FAILURE = 910;

// mistakes.cpp: the first mistake fails everything after it, as on a GPU.
/// The mistake's code from then on; SUCCESS before.
Result failed();
void fail_kernel(const std::string& text);
/// A mistake of the host's: reported, and its code returned.
DL_SHARED Result refuse(Result code, const std::string& text);
DL_SHARED void fail(Result code, const std::string& text);
void clear_mistakes();

// engine.cpp
void begin_launch(const char* kernel, dim3 grid, dim3 size);
bool run_block(uint3 index, Call call, u64 seed);

// kernels.cpp
struct Source {
    const char* file;
    u64 bytes, hash;
};
/// The kernel files and headers that are compiled into the library; the last has no name. Written by libraries.rs.
extern const Source SOURCES[];
/// The file whose text `text` ends with; null if it is none of `SOURCES`.
DL_SHARED const Source* find_source(const char* text, u64 bytes);
/// What stands for a file's machine code, and the file it stands for.
DL_SHARED std::string image_of(const Source& source);
const Source* source_of(const char* image);
/// A step that visits all of `count` things in an order that `seed` chooses.
u64 step(u64 seed, u64 count);
/// The kernel of this name in a file.
const Kernel* find_kernel(const std::string& file, const std::string& name);
/// A launch with its parameters' values.
struct Launch {
    const Kernel* kernel;
    dim3 grid, size;
    std::vector<char> values;
    std::vector<void*> parameters();
    /// SUCCESS, or why the driver refuses it.
    static Result make(const Kernel* kernel, dim3 grid, dim3 size, u32 shared, void** parameters, Launch* to);
    void run();
};

// memory.cpp
u64 allocate(u64 bytes);
bool release(u64 address);
void release_all();
/// SUCCESS if this is a range of the device's memory.
Result check_memory(u64 address, u64 bytes, const char* what);
/// The host's address of a range of the device's memory; null, and a mistake, where it is not one.
DL_SHARED void* memory(u64 address, u64 bytes, const char* what);
void* allocate_pinned(u64 bytes);
bool release_pinned(void* address);
bool pinned(const void* address);
void memory_left(u64* left, u64* total);
void forget_accesses();
/// Who touched the element at this address; null where it is not recorded.
Shadow* shadow_of(u64 address);

// stream.cpp
using Work = std::function<void()>;
/// Puts work into a stream (a `CUstream`), or into the graph that is captured from it.
DL_SHARED Result enqueue(void* stream, Work work);
Result enqueue(void* stream, std::shared_ptr<Launch> launch);
/// Runs what the streams hold.
void drain_all();
/// Refuses, while a stream is captured, a call that is forbidden then; `always` in the relaxed mode too.
Result not_captured(bool always, const char* call);
void forget_streams();

// orders.cpp
/// What a test may order for the calls of its thread; `lib.rs` says what each means.
enum class Order { REFUSED_PRODUCTS, EDGE_DATA, CAPTURED_NODES, REFUSED_UPDATES, COUNT };
/// The value that was ordered; 0 where none was.
DL_SHARED u64 ordered(Order order);
/// Whether cuBLASLt has no algorithm for the next product.
DL_SHARED bool next_is_refused();
void clearing_begins();

/// Whether the driver can be called: initialised, a context, no mistake before. driver.cpp.
Result ready();
/// A number that the environment gives for tests of other machines (`lib.rs` lists them), or what the emulation has. driver.cpp.
DL_SHARED u64 setting(const char* name, u64 otherwise);

struct DL_SHARED Lock {
    Lock();
    ~Lock();
};

}  // namespace emulation
