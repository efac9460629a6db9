// The driver's functions for devices, contexts, memory, modules and launches.
#include <cstdlib>
#include <cstring>
#include "driver.h"

namespace emulation {

namespace {
struct Module {
    const Source* source;
};
bool initialized;
int contexts;
char context_place;
thread_local void* current;
/// What is left of the memory has to hold code.
constexpr u64 ROOM_FOR_CODE = 64 << 10;
constexpr Result NO_DEVICE = 100;

u64 gpus() { return setting("DL_EMULATION_GPUS", 1); }
u64 capability() { return setting("DL_EMULATION_CAPABILITY", 80); }
}  // namespace

u64 setting(const char* name, u64 otherwise) {
    const char* value = getenv(name);
    return value ? strtoull(value, nullptr, 10) : otherwise;
}

Result ready() {
    if (!initialized) return NOT_INITIALIZED;
    if (failed()) return failed();
    return current && contexts > 0 ? SUCCESS : refuse(INVALID_CONTEXT, "a call without a current context");
}
#define BEGIN \
    Lock lock; \
    if (Result r = ready()) return r;

DL_API Result cuInit(u32) {
    Lock lock;
    if (u64 code = setting("DL_EMULATION_START", 0)) return (Result)code;
    if (gpus() == 0) return NO_DEVICE;
    initialized = true;
    return SUCCESS;
}
DL_API Result cuDriverGetVersion(int* to) {
    *to = (int)setting("DL_EMULATION_VERSION", 13000);
    return SUCCESS;
}
DL_API Result cuDeviceGetCount(int* to) {
    *to = (int)gpus();
    return initialized ? SUCCESS : NOT_INITIALIZED;
}
DL_API Result cuDeviceGet(int* to, int ordinal) {
    *to = ordinal;
    return !initialized ? NOT_INITIALIZED : ordinal == 0 ? SUCCESS : INVALID_DEVICE;
}
DL_API Result cuDeviceGetName(char* to, int length, int) {
    strncpy(to, "emulated", (size_t)length);
    return SUCCESS;
}
DL_API Result cuDeviceGetUuid_v2(char* to, int) {
    memcpy(to, "emulated CUDA  ", 16);
    return SUCCESS;
}
DL_API Result cuDeviceTotalMem_v2(size_t* to, int) {
    Lock lock;
    u64 left, total;
    memory_left(&left, &total);
    *to = total;
    return SUCCESS;
}
DL_API Result cuDeviceGetAttribute(int* to, int attribute, int) {
    switch (attribute) {
        case 1: case 2: case 3: case 39: *to = 1024; break;             // threads of a block, its x and y, and of a multiprocessor
        case 4: *to = 64; break;                                        // z of a block
        case 5: *to = 0x7FFFFFFF; break;                                // x of a grid
        case 6: case 7: *to = 65535; break;                             // its y and z
        case 8: case 81: case 97: *to = MOST_SHARED; break;             // shared memory of a block, of a multiprocessor, opted in
        case 10: *to = 32; break;                                       // lanes of a warp
        case 12: case 82: *to = 65536; break;                           // registers
        case 16: *to = 8; break;                                        // multiprocessors
        case 13: case 36: *to = 1000000; break;                         // clocks in kHz
        case 37: *to = 64; break;                                       // width of the memory's bus
        case 38: *to = 4 << 20; break;                                  // second level cache
        case 75: *to = (int)(capability() / 10); break;                 // compute capability 8.0
        case 76: *to = (int)(capability() % 10); break;
        case 40: case 41: *to = 1; break;                               // engines for copies, one address space
        default: *to = 0;
    }
    return SUCCESS;
}

DL_API Result cuDevicePrimaryCtxRetain(void** to, int) {
    Lock lock;
    if (!initialized) return NOT_INITIALIZED;
    if (failed()) return failed();
    contexts++;
    *to = &context_place;
    return SUCCESS;
}
DL_API Result cuDevicePrimaryCtxRelease_v2(int) {
    Lock lock;
    if (contexts == 0) return INVALID_CONTEXT;
    if (--contexts > 0) return SUCCESS;
    drain_all();
    release_all();
    return failed();
}
DL_API Result cuDevicePrimaryCtxSetFlags_v2(int, u32) { return SUCCESS; }
DL_API Result cuDevicePrimaryCtxGetState(int, u32* flags, int* active) {
    *flags = 0;
    *active = contexts > 0;
    return SUCCESS;
}
DL_API Result cuCtxSetCurrent(void* context) {
    if (context && context != &context_place) return INVALID_CONTEXT;
    current = context;
    return SUCCESS;
}
DL_API Result cuCtxGetCurrent(void** to) {
    *to = current;
    return SUCCESS;
}
DL_API Result cuCtxGetDevice(int* to) {
    *to = 0;
    return current ? SUCCESS : INVALID_CONTEXT;
}
DL_API Result cuCtxSynchronize() {
    BEGIN
    if (Result r = not_captured(true, __func__)) return r;
    drain_all();
    return failed();
}

DL_API Result cuMemAlloc_v2(u64* to, size_t bytes) {
    BEGIN
    *to = 0;
    if (bytes == 0) return INVALID_VALUE;
    if (Result r = not_captured(false, __func__)) return r;
    *to = allocate(bytes);
    return *to ? SUCCESS : OUT_OF_MEMORY;
}
DL_API Result cuMemFree_v2(u64 address) {
    Lock lock;
    if (address == 0) return SUCCESS;
    if (Result r = not_captured(false, __func__)) return r;
    drain_all();
    return release(address) ? failed() : refuse(INVALID_VALUE, "cuMemFree of what was not allocated, or is free already");
}
DL_API Result cuMemGetInfo_v2(size_t* left, size_t* total) {
    BEGIN
    u64 a, b;
    memory_left(&a, &b);
    *left = a;
    *total = b;
    return SUCCESS;
}
DL_API Result cuMemAllocHost_v2(void** to, size_t bytes) {
    BEGIN
    if (bytes == 0) return INVALID_VALUE;
    if (Result r = not_captured(false, __func__)) return r;
    *to = allocate_pinned(bytes);
    return *to ? SUCCESS : OUT_OF_MEMORY;
}
DL_API Result cuMemHostAlloc(void** to, size_t bytes, u32) { return cuMemAllocHost_v2(to, bytes); }
DL_API Result cuMemFreeHost(void* address) {
    Lock lock;
    if (!address) return SUCCESS;
    drain_all();
    return release_pinned(address) ? failed() : refuse(INVALID_VALUE, "cuMemFreeHost of what was not allocated by it");
}

static Result copy_now(Work work, const char* call) {
    if (Result r = not_captured(false, call)) return r;
    return enqueue(nullptr, std::move(work));
}
/// A copy whose device side is checked again when it runs: the memory may be free by then.
static Work copy(u64 device, u64 bytes, void (*how)(void* device, void* host, u64 bytes), void* host) {
    return [=] {
        if (void* data = bytes ? memory(device, bytes, "a copy") : nullptr) how(data, host, bytes);
    };
}
static void upload(void* device, void* host, u64 bytes) { memcpy(device, host, bytes); }
static void download(void* device, void* host, u64 bytes) { memcpy(host, device, bytes); }

DL_API Result cuMemcpyHtoD_v2(u64 to, const void* from, size_t bytes) {
    BEGIN
    if (Result r = check_memory(to, bytes, __func__)) return r;
    return copy_now(copy(to, bytes, upload, (void*)from), __func__);
}
DL_API Result cuMemcpyDtoH_v2(void* to, u64 from, size_t bytes) {
    BEGIN
    if (Result r = check_memory(from, bytes, __func__)) return r;
    return copy_now(copy(from, bytes, download, to), __func__);
}
static Work copy_within(u64 to, u64 from, u64 bytes) {
    return [=] {
        void* a = bytes ? memory(to, bytes, "a copy") : nullptr;
        void* b = a ? memory(from, bytes, "a copy") : nullptr;
        if (b) memmove(a, b, bytes);
    };
}
DL_API Result cuMemcpyDtoD_v2(u64 to, u64 from, size_t bytes) {
    BEGIN
    if (Result r = check_memory(to, bytes, __func__)) return r;
    if (Result r = check_memory(from, bytes, __func__)) return r;
    return copy_now(copy_within(to, from, bytes), __func__);
}
DL_API Result cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t bytes, void* stream) {
    BEGIN
    if (Result r = check_memory(to, bytes, __func__)) return r;
    if (Result r = check_memory(from, bytes, __func__)) return r;
    return enqueue(stream, copy_within(to, from, bytes));
}
DL_API Result cuStreamIsCapturing(void*, int*);
DL_API Result cuStreamSynchronize(void*);
DL_API Result cuMemcpyHtoDAsync_v2(u64 to, const void* from, size_t bytes, void* stream) {
    BEGIN
    if (Result r = check_memory(to, bytes, __func__)) return r;
    int captured;
    if (Result r = cuStreamIsCapturing(stream, &captured)) return r;
    if (captured || pinned(from)) return enqueue(stream, copy(to, bytes, upload, (void*)from));
    // Pageable memory is read at the call.
    auto data = std::make_shared<std::string>((const char*)from, bytes);
    return enqueue(stream, [=] {
        if (void* device = bytes ? memory(to, bytes, "a copy") : nullptr) memcpy(device, data->data(), bytes);
    });
}
DL_API Result cuMemcpyDtoHAsync_v2(void* to, u64 from, size_t bytes, void* stream) {
    BEGIN
    if (Result r = check_memory(from, bytes, __func__)) return r;
    int captured;
    if (Result r = cuStreamIsCapturing(stream, &captured)) return r;
    if (Result r = enqueue(stream, copy(from, bytes, download, to))) return r;
    // Pageable memory is written before the call returns.
    return captured || pinned(to) ? SUCCESS : cuStreamSynchronize(stream);
}

template <class T>
static Result fill(u64 to, T value, size_t count, void* stream, const char* call) {
    BEGIN
    if (Result r = check_memory(to, count * sizeof(T), call)) return r;
    return enqueue(stream, [=] {
        T* data = count ? (T*)memory(to, count * sizeof(T), "a memset") : nullptr;
        for (size_t i = 0; data && i < count; i++) data[i] = value;
    });
}
DL_API Result cuMemsetD8Async(u64 to, u8 value, size_t count, void* stream) { return fill(to, value, count, stream, __func__); }
DL_API Result cuMemsetD16Async(u64 to, u16 value, size_t count, void* stream) { return fill(to, value, count, stream, __func__); }
DL_API Result cuMemsetD32Async(u64 to, u32 value, size_t count, void* stream) {
    clearing_begins();
    return fill(to, value, count, stream, __func__);
}
DL_API Result cuMemsetD8_v2(u64 to, u8 value, size_t count) { return fill(to, value, count, nullptr, __func__); }
DL_API Result cuMemsetD32_v2(u64 to, u32 value, size_t count) { return fill(to, value, count, nullptr, __func__); }

DL_API Result cuModuleLoadData(void** to, const void* image) {
    BEGIN
    if (Result r = not_captured(false, __func__)) return r;
    u64 left, total;
    memory_left(&left, &total);
    if (left < ROOM_FOR_CODE) return OUT_OF_MEMORY;
    const Source* source = source_of((const char*)image);
    if (!source) return refuse(INVALID_IMAGE, "cuModuleLoadData: not kernels that are compiled into the emulation");
    *to = new Module{source};
    return SUCCESS;
}
DL_API Result cuModuleLoadDataEx(void** to, const void* image, u32, int*, void**) { return cuModuleLoadData(to, image); }
DL_API Result cuModuleUnload(void* module) {
    Lock lock;
    drain_all();
    delete (Module*)module;
    return failed();
}
DL_API Result cuModuleGetFunction(const Kernel** to, void* module, const char* name) {
    BEGIN
    const char* file = ((Module*)module)->source->file;
    *to = find_kernel(file, name);
    return *to ? SUCCESS : refuse(NOT_FOUND, std::string("no kernel `") + name + "` in " + file);
}
DL_API Result cuFuncGetAttribute(int* to, int attribute, const Kernel* kernel) {
    *to = attribute == 0 ? (int)kernel->most_threads : attribute == 4 ? 32 : attribute == 5 || attribute == 6 ? 80 : 0;
    return SUCCESS;
}
DL_API Result cuFuncSetAttribute(const Kernel*, int, int) { return SUCCESS; }
DL_API Result cuFuncGetName(const char** to, const Kernel* kernel) {
    *to = kernel->name;
    return SUCCESS;
}
DL_API Result cuFuncGetParamInfo(const Kernel* kernel, size_t index, size_t* offset, size_t* size) {
    if (index >= kernel->count) return INVALID_VALUE;
    size_t at = 0;
    for (size_t p = 0;; p++) {
        at = (at + kernel->wires[p].align - 1) / kernel->wires[p].align * kernel->wires[p].align;
        if (p == index) break;
        at += kernel->wires[p].size;
    }
    *offset = at;
    if (size) *size = kernel->wires[index].size;
    return SUCCESS;
}
DL_API Result cuLaunchKernel(const Kernel* kernel, u32 gx, u32 gy, u32 gz, u32 bx, u32 by, u32 bz, u32 shared, void* stream, void** parameters, void** extra) {
    BEGIN
    if (extra) return refuse(INVALID_VALUE, "parameters in `extra`");
    auto launch = std::make_shared<Launch>();
    if (Result r = Launch::make(kernel, {gx, gy, gz}, {bx, by, bz}, shared, parameters, launch.get())) return r;
    return enqueue(stream, launch);
}
DL_API Result cuLaunchHostFunc(void* stream, void (*function)(void*), void* data) {
    BEGIN
    return enqueue(stream, [=] { function(data); });
}

static const struct {
    Result code;
    const char *name, *text;
} ERRORS[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {ILLEGAL_STATE, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {LOSSY_QUERY, "CUDA_ERROR_LOSSY_QUERY", "the query would lose data of edges"},
    {EXEC_UPDATE_FAILURE, "CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE", "the graph update was not performed"},
    {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    {CAPTURE_UNJOINED, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {CAPTURE_ISOLATION, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
    {CAPTURE_IMPLICIT, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
    {CAPTURED_EVENT, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
};
DL_API Result cuGetErrorName(Result code, const char** to) {
    for (auto& e : ERRORS)
        if (e.code == code) return *to = e.name, SUCCESS;
    return INVALID_VALUE;
}
DL_API Result cuGetErrorString(Result code, const char** to) {
    for (auto& e : ERRORS)
        if (e.code == code) return *to = e.text, SUCCESS;
    return INVALID_VALUE;
}

}  // namespace emulation
