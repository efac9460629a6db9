// Kernels by their names: each registers a function that unpacks the launcher's parameters and calls it.
#pragma once
#include <new>
#include <tuple>
#include <utility>
#include "checked.h"

namespace emulation {

/// A parameter as the launcher passes it.
struct Wire {
    u32 size, align;
};
/// A span as the launcher passes it: address and length.
struct WireSpan {
    u64 address, len;
};

/// The host's address of a parameter's memory, its shadow and its name; false where it is not the device's.
bool find_span(const WireSpan& span, u64 element, u32 number, bool writable, void** data, Shadow** shadow, const char** name);

template <class T>
struct Parameter {
    static_assert(std::is_trivially_copyable<T>::value && !std::is_same<T, bool>::value, "parameters are plain numbers, structs and spans");
    static constexpr Wire wire{sizeof(T), alignof(T)};
    static bool unpack(const void* from, u32, T* to) {
        memcpy((void*)to, from, sizeof(T));
        return true;
    }
};
template <class T>
struct Parameter<Span<T>> {
    static constexpr Wire wire{sizeof(WireSpan), alignof(WireSpan)};
    static bool unpack(const void* from, u32 number, Span<T>* to) {
        WireSpan span;
        memcpy(&span, from, sizeof span);
        void* data;
        Shadow* shadow;
        const char* name;
        bool found = find_span(span, sizeof(T), number, !std::is_const<T>::value, &data, &shadow, &name);
        new ((void*)to) Span<T>((T*)data, span.len, shadow, name, 0);
        return found;
    }
};

/// Runs blocks; `threads` calls the kernel for the running thread.
struct Call {
    void (*run)(void* parameters);
    void* parameters;
};
using Blocks = bool (*)(void* context, Call call);

/// A kernel of the library.
struct Kernel {
    const char* name;
    const char* file;
    u32 most_threads;
    u32 count;
    const Wire* wires;
    /// Unpacks the parameters and gives the call to `blocks`.
    bool (*call)(void** parameters, Blocks blocks, void* context);
    Kernel* next;
    /// Whether it has run in this process.
    mutable bool launched = false;
    Kernel(const char* name, const char* file, u32 most_threads, u32 count, const Wire* wires, bool (*call)(void**, Blocks, void*));
};

template <class F>
struct Signature;
template <class... A>
struct Signature<void (*)(A...)> {
    static constexpr u32 count = sizeof...(A);
    static constexpr Wire wires[count + 1] = {Parameter<A>::wire..., {0, 0}};

    // Storage without constructors: spans have none without arguments.
    template <class T>
    union Slot {
        T value;
        Slot() {}
    };
    template <void (*kernel)(A...)>
    static bool call(void** parameters, Blocks blocks, void* context) {
        std::tuple<Slot<A>...> slots;
        return call_with<kernel>(slots, parameters, blocks, context, std::index_sequence_for<A...>());
    }
    template <void (*kernel)(A...), size_t... I>
    static bool call_with(std::tuple<Slot<A>...>& slots, void** parameters, Blocks blocks, void* context, std::index_sequence<I...>) {
        bool all = true;
        ((all = all && Parameter<A>::unpack(parameters[I], (u32)I + 1, &std::get<I>(slots).value)), ...);
        if (!all) return false;
        return blocks(context, {[](void* p) {
                                    auto& s = *(std::tuple<Slot<A>...>*)p;
                                    kernel(std::get<I>(s).value...);
                                },
                                &slots});
    }
};

}  // namespace emulation

#define KERNEL(name, ...) KERNEL_OF(1024, name, __VA_ARGS__)
#define KERNEL_RESIDENT(threads, blocks, name, ...) KERNEL_OF(threads, name, __VA_ARGS__)
#define KERNEL_OF(threads, name, ...)                                                                                         \
    static void name(__VA_ARGS__);                                                                                            \
    static emulation::Kernel name##_kernel(#name, DL_FILE, threads, emulation::Signature<decltype(&name)>::count,             \
                                           emulation::Signature<decltype(&name)>::wires,                                      \
                                           &emulation::Signature<decltype(&name)>::call<&name>);                              \
    static void name(__VA_ARGS__)
#define DEVICE static inline
#define SHARED(type, name, count)            \
    static const char name##_key = 0;        \
    SharedArray<type, count> name(&name##_key, #name, {__FILE__, __LINE__})
