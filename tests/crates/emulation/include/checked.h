// Memory as kernels see it: every access to a `Span` or a `SHARED` array is checked.
#pragma once
#include <type_traits>
#include "builtins.h"
#include "shadow.h"

namespace emulation {

/// An index, and where in the source it stands.
struct Index {
    u64 at;
    Site site;
    template <class N>
    Index(N n, const char* file = __builtin_FILE(), int line = __builtin_LINE()) : at((u64)n), site{file, line} {}
};

struct Global {
    static u32 scope() { return block.launch_start; }
};
struct Shared {
    static u32 scope() { return block.start; }
};

/// The address of an element, for atomic operations.
template <class T, class Where>
struct Address {
    T* at;
    Shadow* shadow;
    const char* name;
    u64 index;
    Site site;
    template <class F>
    T change(F f) const {
        if (shadow) note_atomic(shadow, Where::scope(), site, name, index);
        if (std::is_same<Where, Global>::value) meet(at);
        T old = *at;
        *at = f(old);
        return old;
    }
};

/// A writable element: a read and a write of it are told apart.
template <class T, class Where>
struct Element {
    T* at;
    Shadow* shadow;
    const char* name;
    u64 index;
    Site site;
    operator T() const {
        if (std::is_same<Where, Shared>::value && shadow->written < block.start)
            mistake(site, "reads %s[%llu], which this block never wrote", name, index);
        if (shadow) note_read(shadow, Where::scope(), site, name, index);
        return *at;
    }
    const Element& operator=(T v) const {
        if (shadow) note_write(shadow, Where::scope(), site, name, index);
        *at = v;
        return *this;
    }
    const Element& operator=(const Element& other) const { return *this = (T)other; }
    Element(const Element&) = default;
    Element(T* at, Shadow* shadow, const char* name, u64 index, Site site) : at(at), shadow(shadow), name(name), index(index), site(site) {}
    const Element& operator+=(T v) const { return *this = (T)((T)*this + v); }
    const Element& operator-=(T v) const { return *this = (T)((T)*this - v); }
    const Element& operator*=(T v) const { return *this = (T)((T)*this * v); }
    const Element& operator/=(T v) const { return *this = (T)((T)*this / v); }
    const Element& operator|=(T v) const { return *this = (T)((T)*this | v); }
    const Element& operator&=(T v) const { return *this = (T)((T)*this & v); }
    const Element& operator^=(T v) const { return *this = (T)((T)*this ^ v); }
    T operator++(int) const {
        T old = *this;
        *this = (T)(old + 1);
        return old;
    }
    Address<T, Where> operator&() const { return {at, shadow, name, index, site}; }
};

}  // namespace emulation

/// A range of the device's memory, checked.
template <class T>
struct Span {
    using Value = typename std::remove_const<T>::type;
    u64 len;

    /// An empty range, which a kernel makes for a parameter that it does not have.
    Span(decltype(nullptr), u64) : len(0), data(nullptr), shadow(nullptr), name("none"), first(0) {}
    Span(T* data, u64 len, emulation::Shadow* shadow, const char* name, u64 first) : len(len), data(data), shadow(shadow), name(name), first(first) {}
    Span(const Span<Value>& s) : Span(s.data, s.len, s.shadow, s.name, s.first) {}
    Span& operator=(const Span&) = default;

    auto operator[](emulation::Index i) const {
        inside(i, 1);
        if constexpr (std::is_const<T>::value) {
            if (shadow) note_read(of(i.at), emulation::Global::scope(), i.site, name, first + i.at);
            return (Value)data[i.at];
        } else {
            return emulation::Element<T, emulation::Global>(data + i.at, shadow ? of(i.at) : nullptr, name, first + i.at, i.site);
        }
    }
    Span part(emulation::Index from, u64 count) const {
        if (from.at > len || count > len - from.at)
            emulation::mistake(from.site, "takes the part of %llu elements at %lld of %s, which has %llu", count, (i64)from.at, name, len);
        return Span(data + from.at, count, shadow ? of(from.at) : nullptr, name, first + from.at);
    }

    T* data;
    emulation::Shadow* shadow;
    const char* name;
    /// Its first element's number in the parameter.
    u64 first;

    emulation::Shadow* of(u64 i) const { return shadow + i * sizeof(T) / emulation::SHADOWED; }
    void inside(const emulation::Index& i, u64 count) const {
        if (__builtin_expect(i.at >= len || count > len - i.at, 0))
            emulation::mistake(i.site, "takes element %lld of %s, which has %llu", (i64)i.at + (i64)first, name, len + first);
    }
    void inside4(const emulation::Index& i) const {
        inside(i, 4);
        if ((u64)(data + i.at) % 16 != 0) emulation::mistake(i.site, "takes four elements at %llu of %s, which is no multiple of 16 bytes", i.at + first, name);
    }
};

/// An array of the block's shared memory, checked.
template <class T, u32 N>
struct SharedArray {
    T* data;
    emulation::Shadow* shadow;
    const char* name;

    SharedArray(const void* key, const char* name, emulation::Site site) : name(name) {
        data = (T*)emulation::shared_memory(key, name, N * sizeof(T), &shadow, site);
    }
    emulation::Element<T, emulation::Shared> operator[](emulation::Index i) const {
        inside(i, 1);
        return emulation::Element<T, emulation::Shared>(data + i.at, of(i.at), name, i.at, i.site);
    }

    emulation::Shadow* of(u64 i) const { return shadow + i * sizeof(T) / emulation::SHADOWED; }
    void inside(const emulation::Index& i, u64 count) const {
        if (__builtin_expect(i.at >= N || count > N - i.at, 0)) emulation::mistake(i.site, "takes element %lld of %s, which has %u", (i64)i.at, name, N);
    }
    void inside4(const emulation::Index& i) const {
        inside(i, 4);
        if (i.at % 4 != 0) emulation::mistake(i.site, "takes four elements at %llu of %s, which is no multiple of 4", i.at, name);
    }
};

template <class T>
static inline bool aligned(Span<T> s) {
    return ((u64)s.data & 15) == 0;
}
static inline float4 load4(Span<const float> s, emulation::Index i) {
    s.inside4(i);
    for (u32 k = 0; k < 4 && s.shadow; k++) note_read(s.of(i.at + k), emulation::Global::scope(), i.site, s.name, s.first + i.at + k);
    return {s.data[i.at], s.data[i.at + 1], s.data[i.at + 2], s.data[i.at + 3]};
}
static inline float4 load4(Span<float> s, emulation::Index i) { return load4(Span<const float>(s), i); }
static inline void store4(Span<float> s, emulation::Index i, float4 v) {
    s.inside4(i);
    float values[4] = {v.x, v.y, v.z, v.w};
    for (u32 k = 0; k < 4; k++) {
        if (s.shadow) note_write(s.of(i.at + k), emulation::Global::scope(), i.site, s.name, s.first + i.at + k);
        s.data[i.at + k] = values[k];
    }
}
template <u32 N>
static inline float4 load4(const SharedArray<float, N>& s, emulation::Index i) {
    s.inside4(i);
    float values[4];
    for (u32 k = 0; k < 4; k++) values[k] = emulation::Element<float, emulation::Shared>(s.data + i.at + k, s.of(i.at + k), s.name, i.at + k, i.site);
    return {values[0], values[1], values[2], values[3]};
}
template <u32 N>
static inline void store4(const SharedArray<float, N>& s, emulation::Index i, float4 v) {
    s.inside4(i);
    float values[4] = {v.x, v.y, v.z, v.w};
    for (u32 k = 0; k < 4; k++) emulation::Element<float, emulation::Shared>(s.data + i.at + k, s.of(i.at + k), s.name, i.at + k, i.site) = values[k];
}

// Atomic operations: on integers only, as sums of floats would depend on their order.
#define DL_ATOMIC(name, expression)                                                                              \
    template <class T, class Where>                                                                              \
    static inline T name(emulation::Address<T, Where> to, typename emulation::Same<T>::Type v) {                 \
        static_assert(std::is_integral<T>::value && sizeof(T) >= 4, "atomic operations are for u32, int and u64"); \
        return to.change([&](T old) -> T { return expression; });                                               \
    }
namespace emulation {
template <class T>
struct Same {
    using Type = T;
};
}  // namespace emulation
DL_ATOMIC(atomicAdd, old + v)
DL_ATOMIC(atomicSub, old - v)
DL_ATOMIC(atomicMax, old > v ? old : v)
DL_ATOMIC(atomicMin, old < v ? old : v)
DL_ATOMIC(atomicOr, old | v)
DL_ATOMIC(atomicAnd, old & v)
DL_ATOMIC(atomicXor, old ^ v)
DL_ATOMIC(atomicExch, v)
DL_ATOMIC(atomicInc, old >= v ? 0 : old + 1)
#undef DL_ATOMIC
template <class T, class Where>
static inline T atomicCAS(emulation::Address<T, Where> to, typename emulation::Same<T>::Type expected, typename emulation::Same<T>::Type v) {
    return to.change([&](T old) -> T { return old == expected ? v : old; });
}
