// Mistakes: the first one of a kernel fails everything after it, as on a GPU.
#include <cstdio>
#include <cstring>
#include <mutex>
#include "driver.h"

namespace emulation {

namespace {
Result code = SUCCESS;
std::string text;
std::recursive_mutex mutex;
}  // namespace

Lock::Lock() { mutex.lock(); }
Lock::~Lock() { mutex.unlock(); }

Result failed() { return code; }
Result refuse(Result refusal, const std::string& why) {
    if (code == SUCCESS) {
        text = why;
        fprintf(stderr, "emulated CUDA: %s\n", why.c_str());
    }
    return refusal;
}
void fail(Result failure, const std::string& why) {
    refuse(failure, why);
    if (code == SUCCESS) code = failure;
}
void fail_kernel(const std::string& why) { fail(LAUNCH_FAILED, why); }
void clear_mistakes() {
    code = SUCCESS;
    text.clear();
}

/// Copies the last mistake's text; its length, 0 if there is none.
DL_API u64 dl_emulation_last_mistake(char* to, u64 capacity) {
    Lock lock;
    if (capacity > 0) {
        u64 n = text.size() < capacity - 1 ? text.size() : capacity - 1;
        memcpy(to, text.data(), n);
        to[n] = 0;
    }
    return text.size();
}
/// Forgets mistakes, and what the streams still hold.
DL_API void dl_emulation_reset() {
    Lock lock;
    forget_streams();
    clear_mistakes();
}

}  // namespace emulation
