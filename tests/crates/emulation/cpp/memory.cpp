// The device's memory: allocations with their exact bounds, filled with NaN when they begin and end.
#include <cstdlib>
#include <deque>
#include <map>
#include "driver.h"

namespace emulation {

namespace {
constexpr u32 POISON = 0xFFFADBAD;
/// Larger allocations have no record of who touched them.
constexpr u64 MOST_SHADOWED = 64 << 20;
/// Freed memory is not used again while less than this is kept.
constexpr u64 KEPT = 16 << 20;

struct Allocation {
    u64 bytes;
    Shadow* shadow;
};
std::map<u64, Allocation> allocations;
std::map<u64, u64> pinned_ranges;
std::deque<std::pair<void*, u64>> freed;
u64 used, kept;

u64 total() { return setting("DL_EMULATION_MEMORY", (u64)16 << 30); }
void poison(void* data, u64 bytes) {
    for (u64 i = 0; i + 4 <= bytes; i += 4) memcpy((char*)data + i, &POISON, 4);
}
const std::pair<const u64, Allocation>* find(u64 address) {
    auto after = allocations.upper_bound(address);
    if (after == allocations.begin()) return nullptr;
    --after;
    return address - after->first < after->second.bytes ? &*after : nullptr;
}
}  // namespace

u64 allocate(u64 bytes) {
    if (used + bytes > total()) return 0;
    void* data = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!data) return 0;
    poison(data, bytes);
    Shadow* shadow = bytes <= MOST_SHADOWED ? (Shadow*)calloc(bytes / SHADOWED + 1, sizeof(Shadow)) : nullptr;
    used += bytes;
    allocations[(u64)data] = {bytes, shadow};
    return (u64)data;
}
bool release(u64 address) {
    auto it = allocations.find(address);
    if (it == allocations.end()) return false;
    u64 bytes = it->second.bytes;
    poison((void*)address, bytes);
    free(it->second.shadow);
    allocations.erase(it);
    used -= bytes;
    freed.push_back({(void*)address, bytes});
    kept += bytes;
    while (kept > KEPT) {
        free(freed.front().first);
        kept -= freed.front().second;
        freed.pop_front();
    }
    return true;
}
void release_all() {
    while (!allocations.empty()) release(allocations.begin()->first);
}
static std::string wrong(u64 address, u64 bytes) {
    auto found = find(address);
    if (!found) return " is no memory of the device, or was freed";
    u64 at = address - found->first, all = found->second.bytes;
    if (bytes <= all - at) return "";
    return " has " + std::to_string(bytes) + " bytes at byte " + std::to_string(at) + " of an allocation of " + std::to_string(all);
}
Result check_memory(u64 address, u64 bytes, const char* what) {
    std::string why = bytes > 0 ? wrong(address, bytes) : "";
    return why.empty() ? SUCCESS : refuse(INVALID_VALUE, what + why);
}
void* memory(u64 address, u64 bytes, const char* what) {
    std::string why = wrong(address, bytes);
    if (!why.empty()) fail(ILLEGAL_ADDRESS, what + why);
    return why.empty() ? (void*)address : nullptr;
}
Shadow* shadow_of(u64 address) {
    auto found = find(address);
    return found && found->second.shadow ? found->second.shadow + (address - found->first) / SHADOWED : nullptr;
}
void forget_accesses() {
    for (auto& it : allocations)
        if (it.second.shadow) memset((void*)it.second.shadow, 0, (it.second.bytes / SHADOWED + 1) * sizeof(Shadow));
}
void memory_left(u64* left, u64* all) {
    *all = total();
    *left = *all > used ? *all - used : 0;
}

void* allocate_pinned(u64 bytes) {
    void* data = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (data) {
        poison(data, bytes);
        pinned_ranges[(u64)data] = bytes;
    }
    return data;
}
bool release_pinned(void* address) {
    if (!pinned_ranges.erase((u64)address)) return false;
    free(address);
    return true;
}
bool pinned(const void* address) {
    auto after = pinned_ranges.upper_bound((u64)address);
    if (after == pinned_ranges.begin()) return false;
    --after;
    return (u64)address - after->first < after->second;
}

}  // namespace emulation
