// cuBLASLt on the processor: products of column-major matrices as documented, with what the real library refuses refused.
//
// D = epilogue(alpha·op(A)·op(B) + beta·C). Arguments are checked when a product is asked for; memory when the stream gets
// there, as on a GPU. An algorithm is bound to what it was asked for: sizes, alignment, workspace.
#include <cmath>
#include <cstdint>
#include <cstring>
#include "driver.h"

namespace {

using namespace emulation;

enum Status { OK = 0, INVALID = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };
enum Type { F32 = 0, BF16 = 14 };
enum Compute { COMPUTE_F32 = 68, COMPUTE_TF32 = 77 };
enum Epilogue { DEFAULT = 1, RELU = 2, BIAS = 4, RELU_BIAS = 6, BGRADB = 512 };
enum DescAttribute { D_SCALE_TYPE = 1, D_POINTER_MODE, D_TRANS_A, D_TRANS_B, D_EPILOGUE = 7, D_BIAS = 8, D_BIAS_BATCH_STRIDE = 10 };
enum LayoutAttribute { L_ORDER = 1, L_LD = 4, L_BATCH_COUNT = 5, L_BATCH_STRIDE = 6 };
enum PreferenceAttribute { P_SEARCH_MODE, P_WORKSPACE, P_REDUCTION = 3, P_ALIGN_A = 5, P_ALIGN_D = 8 };
constexpr u32 REDUCE_IN_PLACE = 1;

struct Layout {
    int type;
    u64 rows, columns;
    i64 ld;
    int order = 0, count = 1;
    i64 stride = 0;
    u64 width() const { return type == F32 ? 4 : 2; }
    /// Bytes from the first to the end of the last element.
    u64 bytes() const { return ((u64)(count - 1) * (u64)stride + (columns - 1) * (u64)ld + rows) * width(); }
};
struct Desc {
    int compute, scale;
    int pointer_mode = 0, trans_a = 0, trans_b = 0;
    u32 epilogue = DEFAULT;
    u64 bias = 0;
    i64 bias_stride = 0;
};
struct Preference {
    u32 search = 0, reduction = 7, align[4] = {256, 256, 256, 256};
    u64 workspace = 0;
};
/// What an algorithm was chosen for, in the 64 bytes that callers keep.
struct Algo {
    u64 magic, sizes;
    u32 workspace, reduction;
    u32 align[4];
    u32 bias_align, unused[5];
};
static_assert(sizeof(Algo) == 64, "as large as cublasLtMatmulAlgo_t");
constexpr u64 MAGIC = 0x6C656D756C617465;
struct Heuristic {
    Algo algo;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};
static_assert(sizeof(Heuristic) == 96, "as large as cublasLtMatmulHeuristicResult_t");

int refused(Status status, const char* why) {
    refuse(INVALID_VALUE, std::string("cuBLASLt: ") + why);
    return status;
}
template <class T>
int set(T& to, const void* from, size_t bytes) {
    if (!from || bytes != sizeof(T)) return refused(INVALID, "an attribute of another size");
    memcpy(&to, from, bytes);
    return OK;
}

u64 mix(u64 hash, u64 v) { return (hash ^ v) * 0x9E3779B97F4A7C15 ^ hash >> 29; }
u64 fingerprint(const Desc& d, const Layout* const (&m)[4]) {
    u64 h = mix(mix(mix(mix(1, (u64)d.compute), (u64)d.trans_a), (u64)d.trans_b), d.epilogue);
    for (const Layout* l : m) h = mix(mix(mix(mix(mix(mix(h, l->rows), l->columns), (u64)l->ld), (u64)l->count), (u64)l->stride), (u64)l->type);
    return h;
}

/// Whether the descriptors fit each other: OK, or what the library returns.
int check(const Desc* d, const Layout* const (&m)[4]) {
    if (!d || !m[0] || !m[1] || !m[2] || !m[3]) return refused(INVALID, "a missing descriptor");
    const Layout &a = *m[0], &b = *m[1], &c = *m[2], &to = *m[3];
    for (const Layout* l : m) {
        if (l->order != 0) return refused(NOT_SUPPORTED, "only column-major matrices are emulated");
        if (l->rows == 0 || l->columns == 0 || l->count < 1) return refused(INVALID, "an empty matrix");
        if (l->ld < (i64)l->rows) return refused(INVALID, "a leading dimension below the rows");
        if (l->count != to.count) return refused(INVALID, "different batch counts");
        if (l->type == BF16 && l->ld % 8 != 0) return refused(NOT_SUPPORTED, "columns of bf16 at no multiples of 16 bytes");
    }
    u64 rows = d->trans_a ? a.columns : a.rows, inner = d->trans_a ? a.rows : a.columns;
    u64 columns = d->trans_b ? b.rows : b.columns, other = d->trans_b ? b.columns : b.rows;
    if (rows != to.rows || columns != to.columns || inner != other) return refused(INVALID, "sizes of A, B and D that do not fit");
    if (c.rows != to.rows || c.columns != to.columns) return refused(INVALID, "C is not as large as D");
    if (to.count > 1 && (to.stride < (i64)(to.ld * (i64)(to.columns - 1) + (i64)to.rows))) return refused(INVALID, "matrices of D that overlap");
    if (a.type != b.type || c.type != F32 || to.type != F32 || d->scale != F32) return refused(NOT_SUPPORTED, "such types are not emulated");
    if (a.type == BF16 ? d->compute != COMPUTE_F32 : d->compute != COMPUTE_F32 && d->compute != COMPUTE_TF32)
        return refused(NOT_SUPPORTED, "such a compute type is not emulated");
    if (d->pointer_mode != 0) return refused(NOT_SUPPORTED, "only factors in host memory are emulated");
    if (d->epilogue != DEFAULT && d->epilogue != RELU && d->epilogue != BIAS && d->epilogue != RELU_BIAS && d->epilogue != BGRADB)
        return refused(NOT_SUPPORTED, "such an epilogue is not emulated");
    if ((d->epilogue & (BIAS | BGRADB)) && !d->bias) return refused(INVALID, "an epilogue with a bias, but none given");
    if ((d->epilogue & (BIAS | BGRADB)) && d->bias % 16 != 0) return refused(NOT_SUPPORTED, "a bias at no multiple of 16 bytes");
    if (d->epilogue == BGRADB && to.count != 1) return refused(NOT_SUPPORTED, "only one gradient to a bias is emulated");
    return OK;
}

/// An element as the matrix units see it.
float element(const void* data, u64 i, int type, int compute) {
    u32 bits = 0;
    if (type == BF16)
        bits = (u32)((const uint16_t*)data)[i] << 16;
    else
        memcpy(&bits, (const float*)data + i, 4);
    float x;
    if (compute == COMPUTE_TF32 && (bits & 0x7F800000) != 0x7F800000) bits = (bits + 0x1000) & 0xFFFFE000;
    memcpy(&x, &bits, 4);
    return x;
}

/// One product as it was asked for, and as the stream runs it later.
struct Product {
    Desc d;
    Layout a, b, c, to;
    float alpha, beta;
    u64 at_a, at_b, at_c, at_d, workspace, workspace_bytes;
    bool backwards;

    void run() const {
        const void* a_data = memory(at_a, a.bytes(), "A of a matrix product");
        const void* b_data = memory(at_b, b.bytes(), "B of a matrix product");
        const float* c_data = beta != 0 ? (const float*)memory(at_c, c.bytes(), "C of a matrix product") : nullptr;
        float* d_data = (float*)memory(at_d, to.bytes(), "D of a matrix product");
        const float* bias = d.epilogue & BIAS ? (const float*)memory(d.bias, to.rows * 4, "the bias of a matrix product") : nullptr;
        // Sums of the columns of op(B), one for each column of D.
        float* sums = d.epilogue == BGRADB ? (float*)memory(d.bias, to.columns * 4, "the gradient to a bias of a matrix product") : nullptr;
        if (!a_data || !b_data || (beta != 0 && !c_data) || !d_data || ((d.epilogue & BIAS) && !bias) || (d.epilogue == BGRADB && !sums)) return;
        // The real library writes there too; whoever keeps something in it finds out.
        if (workspace_bytes > 0) {
            void* w = memory(workspace, workspace_bytes, "the workspace of a matrix product");
            if (!w) return;
            memset(w, 0xFF, workspace_bytes);
        }
        u64 inner = d.trans_a ? a.rows : a.columns;
        std::vector<float> left(to.rows * inner), column(inner);
        for (u64 n = 0; n < (u64)to.count; n++) {
            for (u64 i = 0; i < to.rows; i++)
                for (u64 k = 0; k < inner; k++)
                    left[i * inner + k] = element(a_data, n * (u64)a.stride + (d.trans_a ? i * (u64)a.ld + k : k * (u64)a.ld + i), a.type, d.compute);
            for (u64 j = 0; j < to.columns; j++) {
                for (u64 k = 0; k < inner; k++)
                    column[k] = element(b_data, n * (u64)b.stride + (d.trans_b ? k * (u64)b.ld + j : j * (u64)b.ld + k), b.type, d.compute);
                if (sums) {
                    sums[j] = 0;
                    for (u64 k = 0; k < inner; k++) sums[j] += column[k];
                }
                for (u64 i = 0; i < to.rows; i++) {
                    float sum = 0;
                    for (u64 k = 0; k < inner; k++) {
                        u64 at = backwards ? inner - 1 - k : k;
                        sum += left[i * inner + at] * column[at];
                    }
                    sum *= alpha;
                    if (c_data) sum += beta * c_data[n * (u64)c.stride + j * (u64)c.ld + i];
                    if (bias) sum += bias[n * (u64)d.bias_stride + i];
                    if ((d.epilogue & RELU) && sum < 0) sum = 0;
                    d_data[n * (u64)to.stride + j * (u64)to.ld + i] = sum;
                }
            }
        }
    }
};

}  // namespace

DL_API int cublasLtCreate(void** handle) {
    if (!handle) return INVALID;
    *handle = new int(0);
    return OK;
}
DL_API int cublasLtDestroy(void* handle) {
    delete (int*)handle;
    return OK;
}
DL_API size_t cublasLtGetVersion() { return 130000; }
DL_API size_t cublasLtGetCudartVersion() { return setting("DL_EMULATION_CUBLASLT", 13000); }
DL_API const char* cublasLtGetStatusString(int status) {
    return status == OK ? "success" : status == INVALID ? "invalid value" : status == NOT_SUPPORTED ? "not supported" : "failed";
}
DL_API const char* cublasLtGetStatusName(int status) { return cublasLtGetStatusString(status); }

DL_API int cublasLtMatmulDescCreate(Desc** desc, int compute, int scale) {
    if (!desc) return INVALID;
    *desc = new Desc{compute, scale};
    return OK;
}
DL_API int cublasLtMatmulDescDestroy(Desc* desc) {
    delete desc;
    return OK;
}
DL_API int cublasLtMatmulDescSetAttribute(Desc* d, int attribute, const void* from, size_t bytes) {
    if (!d) return INVALID;
    switch (attribute) {
        case D_SCALE_TYPE: return set(d->scale, from, bytes);
        case D_POINTER_MODE: return set(d->pointer_mode, from, bytes);
        case D_TRANS_A: return set(d->trans_a, from, bytes);
        case D_TRANS_B: return set(d->trans_b, from, bytes);
        case D_EPILOGUE: return set(d->epilogue, from, bytes);
        case D_BIAS: return set(d->bias, from, bytes);
        case D_BIAS_BATCH_STRIDE: return set(d->bias_stride, from, bytes);
    }
    return refused(NOT_SUPPORTED, "an attribute of a product that is not emulated");
}
DL_API int cublasLtMatrixLayoutCreate(Layout** layout, int type, u64 rows, u64 columns, i64 ld) {
    if (!layout) return INVALID;
    if (type != F32 && type != BF16) return refused(NOT_SUPPORTED, "only f32 and bf16 are emulated");
    *layout = new Layout{type, rows, columns, ld};
    return OK;
}
DL_API int cublasLtMatrixLayoutDestroy(Layout* layout) {
    delete layout;
    return OK;
}
DL_API int cublasLtMatrixLayoutSetAttribute(Layout* l, int attribute, const void* from, size_t bytes) {
    if (!l) return INVALID;
    switch (attribute) {
        case L_ORDER: return set(l->order, from, bytes);
        case L_LD: return set(l->ld, from, bytes);
        case L_BATCH_COUNT: return set(l->count, from, bytes);
        case L_BATCH_STRIDE: return set(l->stride, from, bytes);
    }
    return refused(NOT_SUPPORTED, "an attribute of a matrix that is not emulated");
}
DL_API int cublasLtMatmulPreferenceCreate(Preference** preference) {
    if (!preference) return INVALID;
    *preference = new Preference;
    return OK;
}
DL_API int cublasLtMatmulPreferenceDestroy(Preference* preference) {
    delete preference;
    return OK;
}
DL_API int cublasLtMatmulPreferenceSetAttribute(Preference* p, int attribute, const void* from, size_t bytes) {
    if (!p) return INVALID;
    if (attribute >= P_ALIGN_A && attribute <= P_ALIGN_D) return set(p->align[attribute - P_ALIGN_A], from, bytes);
    switch (attribute) {
        case P_SEARCH_MODE: return set(p->search, from, bytes);
        case P_WORKSPACE: return set(p->workspace, from, bytes);
        case P_REDUCTION: return set(p->reduction, from, bytes);
    }
    return refused(NOT_SUPPORTED, "a preference that is not emulated");
}

DL_API int cublasLtMatmulAlgoGetHeuristic(void* handle, Desc* d, Layout* a, Layout* b, Layout* c, Layout* to, Preference* p, int wanted, Heuristic* results, int* found) {
    Lock lock;
    if (!handle || !p || !results || !found || wanted < 1) return refused(INVALID, "a missing argument of the choice of an algorithm");
    *found = 0;
    const Layout* const m[4] = {a, b, c, to};
    if (int status = check(d, m)) return status;
    if (next_is_refused()) return OK;
    for (int i = 0; i < 4; i++)
        if (p->align[i] < m[i]->width() || (m[i]->type == BF16 && p->align[i] < 16)) return refused(NOT_SUPPORTED, "no algorithm for so little alignment");
    Heuristic h = {};
    h.algo = {MAGIC, fingerprint(*d, m), 0, p->reduction, {p->align[0], p->align[1], p->align[2], p->align[3]}, 16, {}};
    // Long sums are split where there is workspace for the parts.
    u64 parts = to->rows * to->columns * 4 * (u64)to->count;
    u64 inner = d->trans_a ? a->rows : a->columns;
    if (inner > 64 && parts <= p->workspace && (p->reduction & 2)) h.algo.workspace = (u32)parts;
    h.workspace = h.algo.workspace;
    h.waves = 1;
    results[0] = h;
    *found = 1;
    return OK;
}

DL_API int cublasLtMatmul(void* handle, Desc* d, const void* alpha, u64 at_a, Layout* a, u64 at_b, Layout* b, const void* beta, u64 at_c, Layout* c, u64 at_d,
                          Layout* to, const Algo* algo, u64 workspace, size_t workspace_bytes, void* stream) {
    Lock lock;
    if (!handle || !alpha || !beta || !at_a || !at_b || !at_d) return refused(INVALID, "a missing argument of a product");
    const Layout* const m[4] = {a, b, c, to};
    if (int status = check(d, m)) return status;
    if (!algo || algo->magic != MAGIC) return refused(INVALID, "a product without an algorithm");
    if (algo->sizes != fingerprint(*d, m)) return refused(INVALID, "an algorithm chosen for another product");
    if (algo->workspace > workspace_bytes || (algo->workspace > 0 && workspace % 16 != 0)) return refused(INVALID, "too little workspace for the algorithm");
    const u64 addresses[4] = {at_a, at_b, at_c, at_d};
    for (int i = 0; i < 4; i++)
        if (addresses[i] % algo->align[i] != 0) return refused(NOT_SUPPORTED, "a matrix that is not aligned as the algorithm was promised");
    Product product = {*d, *a, *b, *c, *to, *(const float*)alpha, *(const float*)beta, at_a, at_b, at_c, at_d, workspace, algo->workspace, false};
    if (product.beta != 0 && !at_c) return refused(INVALID, "no C to add to");
    // Where parts are added in the order in which they end, the sums differ from run to run.
    static bool turn;
    product.backwards = (algo->reduction & REDUCE_IN_PLACE) && (turn = !turn);
    return enqueue(stream, [product] { product.run(); }) == SUCCESS ? OK : EXECUTION_FAILED;
}
