// The library's kernels: found by source and name, launched block after block.
#include <cstdio>
#include <cstdlib>
#include "driver.h"

namespace emulation {

namespace {
Kernel* all_kernels;
u64 launches;
const char IMAGE[] = "emulated kernels of ";

u64 hash_of(const char* text, u64 bytes) {
    u64 hash = 0xCBF29CE484222325u;
    for (u64 i = 0; i < bytes; i++) hash = (hash ^ (u8)text[i]) * 0x100000001B3u;
    return hash;
}
u64 gcd(u64 a, u64 b) {
    while (b) {
        u64 r = a % b;
        a = b;
        b = r;
    }
    return a;
}
u64 mixed(u64 v) {
    v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9u;
    v = (v ^ (v >> 27)) * 0x94D049BB133111EBu;
    return v ^ (v >> 31);
}

struct Running {
    Launch* launch;
    u64 seed;
};
/// At the end of the process: appends a line `launched` or `idle` for each kernel of dl to the file that DL_EMULATION_KERNELS
/// names, from which CI sees that the tests leave none out.
struct Record {
    ~Record() {
        const char* path = getenv("DL_EMULATION_KERNELS");
        FILE* to = path ? fopen(path, "a") : nullptr;
        if (!to) return;
        for (Kernel* k = all_kernels; k; k = k->next)
            if (strncmp(k->file, "tests/", 6) != 0) fprintf(to, "%s %s %s\n", k->launched ? "launched" : "idle", k->file, k->name);
        fclose(to);
    }
} record;
bool run_blocks(void* context, Call call) {
    Launch& launch = *((Running*)context)->launch;
    dim3 grid = launch.grid;
    u64 seed = ((Running*)context)->seed, count = (u64)grid.x * grid.y * grid.z, by = step(seed, count), at = seed / 64 % count;
    begin_launch(launch.kernel->name, grid, launch.size);
    for (u64 k = 0; k < count; k++, at = (at + by) % count)
        if (!run_block({(u32)(at % grid.x), (u32)(at / grid.x % grid.y), (u32)(at / grid.x / grid.y)}, call, mixed(seed + k))) return false;
    return true;
}
}  // namespace

u64 step(u64 seed, u64 count) {
    u64 by = seed % 61 * 2 + 1;
    while (gcd(by, count) != 1) by += 2;
    return by % count + (count == 1);
}

Kernel::Kernel(const char* name, const char* file, u32 most_threads, u32 count, const Wire* wires, bool (*call)(void**, Blocks, void*))
    : name(name), file(file), most_threads(most_threads), count(count), wires(wires), call(call), next(all_kernels) {
    all_kernels = this;
}

const Kernel* find_kernel(const std::string& file, const std::string& name) {
    for (Kernel* k = all_kernels; k; k = k->next)
        if (file == k->file && name == k->name) return k;
    return nullptr;
}

const Source* find_source(const char* text, u64 bytes) {
    for (const Source* s = SOURCES; s->file; s++)
        if (s->bytes > 0 && s->bytes <= bytes && hash_of(text + bytes - s->bytes, s->bytes) == s->hash) return s;
    return nullptr;
}
std::string image_of(const Source& source) { return std::string(IMAGE) + source.file + " " + std::to_string(source.hash); }
const Source* source_of(const char* image) {
    if (std::string(image, strnlen(image, sizeof IMAGE - 1)) != IMAGE) return nullptr;
    for (const Source* s = SOURCES; s->file; s++)
        if (image_of(*s) == image) return s;
    return nullptr;
}

bool find_span(const WireSpan& span, u64 element, u32 number, bool, void** data, Shadow** shadow, const char** name) {
    static char names[64][16];
    char* text = names[number % 64];
    snprintf(text, sizeof names[0], "parameter %u", number);
    *name = text;
    std::string what = std::string("kernel `") + block.kernel + "`: " + text;
    *shadow = nullptr;
    *data = (void*)span.address;
    if (span.len == 0) return true;
    *data = memory(span.address, span.len * element, what.c_str());
    *shadow = shadow_of(span.address);
    return *data != nullptr;
}

Result Launch::make(const Kernel* kernel, dim3 grid, dim3 size, u32 shared, void** parameters, Launch* to) {
    auto no = [&](const std::string& why) { return refuse(INVALID_VALUE, std::string("the launch of `") + kernel->name + "` " + why); };
    u64 threads = (u64)size.x * size.y * size.z;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads == 0) return no("has a dimension of 0");
    if (grid.x > 0x7FFFFFFFu || grid.y > 65535 || grid.z > 65535) return no("has a grid that is too large");
    if (threads > MOST_THREADS || size.z > 64) return no("has " + std::to_string(threads) + " threads a block");
    if (threads > kernel->most_threads) return no("has " + std::to_string(threads) + " threads a block, but its kernel was compiled for " + std::to_string(kernel->most_threads));
    if (shared > 0) return no("asks for dynamic shared memory, which the emulation has not");
    if (!parameters && kernel->count > 0) return no("has no parameters");
    *to = {kernel, grid, size, {}};
    for (u32 p = 0; p < kernel->count; p++) {
        if (!parameters[p]) return no("misses parameter " + std::to_string(p + 1));
        const char* from = (const char*)parameters[p];
        to->values.insert(to->values.end(), from, from + kernel->wires[p].size);
    }
    return SUCCESS;
}
std::vector<void*> Launch::parameters() {
    std::vector<void*> list;
    char* at = values.data();
    for (u32 p = 0; p < kernel->count; p++) {
        list.push_back(at);
        at += kernel->wires[p].size;
    }
    list.push_back(nullptr);
    return list;
}
void Launch::run() {
    if (failed()) return;
    Running running{this, mixed(++launches)};
    block.kernel = kernel->name;
    kernel->launched = true;
    std::vector<void*> list = parameters();
    if (!kernel->call(list.data(), run_blocks, &running)) fail_kernel(std::string("kernel `") + kernel->name + "` could not run");
}

}  // namespace emulation
