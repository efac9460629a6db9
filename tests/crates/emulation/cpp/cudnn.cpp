// cuDNN on the processor: convolutions of float images in NCHW as documented, with what the real library refuses refused.
//
// Descriptors, algorithms and workspaces are checked when a convolution is asked for; memory when the stream gets there, as on a
// GPU. Beside good algorithms some are proposed that must not be taken: they are refused when they run, need too much memory, or
// add in another order every time.
#include <cstring>
#include "driver.h"

namespace {

using namespace emulation;

enum Status { OK = 0, BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
enum Math { DEFAULT_MATH, TENSOR_OP_MATH, TENSOR_OP_MATH_ALLOW_CONVERSION, FMA_MATH };
enum Forward { IMPLICIT_GEMM, IMPLICIT_PRECOMP_GEMM, GEMM, WINOGRAD = 6 };
enum BackwardData { DATA_0, DATA_1, DATA_FFT };
enum BackwardFilter { FILTER_0, FILTER_1, FILTER_FFT, FILTER_3 };
enum Target { WINDOWS, IMAGE, WEIGHTS };
constexpr u32 FLOAT = 0, NCHW = 0, CROSS_CORRELATION = 1;
/// What the emulation takes; the real library has limits of its own.
constexpr int MOST_GROUPS = 8, LARGEST_KERNEL = 9;

/// A tensor's sizes, or a filter's; which of them is kept, so that none is taken for the other.
struct Sizes {
    enum Kind { TENSOR, FILTER } kind;
    int n = 0, c = 0, h = 0, w = 0;
    u64 len() const { return (u64)n * (u64)c * (u64)h * (u64)w; }
};
struct Convolution {
    int padding[2], stride[2] = {0, 0}, dilation[2], groups = 1;
    u32 math = DEFAULT_MATH;
};
struct Handle {
    void* stream = nullptr;
};
/// `cudnnConvolutionFwdAlgoPerf_t` and the same for the gradients.
struct Proposal {
    u32 algorithm, status;
    float time;
    size_t memory;
    u32 determinism, math;
    int reserved[3];
};
static_assert(sizeof(Proposal) == 48 && offsetof(Proposal, memory) == 16, "as large as cudnnConvolutionFwdAlgoPerf_t");

int refused(Status status, const char* why) {
    refuse(INVALID_VALUE, std::string("cuDNN: ") + why);
    return status;
}

/// A convolution with its three operands: image, weights and windows.
struct Operands {
    const Sizes *image, *weights, *windows;
    const Convolution* convolution;
};
/// The operands in the order in which the functions take them: two, and the result.
Operands operands(Target target, const Sizes* a, const Sizes* b, const Convolution* convolution, const Sizes* to) {
    if (target == WINDOWS) return {a, b, to, convolution};
    if (target == IMAGE) return {to, a, b, convolution};
    return {a, to, b, convolution};
}

bool is(const Sizes* sizes, Sizes::Kind kind) { return sizes && sizes->kind == kind && sizes->len() > 0; }
int places(int image, int kernel, int padding, int stride, int dilation) {
    int room = image + 2 * padding - ((kernel - 1) * dilation + 1);
    return room < 0 ? 0 : room / stride + 1;
}
int output(const Convolution* c, const Sizes* image, const Sizes* weights, int (&to)[4]) {
    if (!c || c->stride[0] == 0 || !is(image, Sizes::TENSOR) || !is(weights, Sizes::FILTER)) return refused(BAD_PARAM, "a descriptor that was not set");
    if (image->c != weights->c * c->groups || weights->n % c->groups != 0) return refused(BAD_PARAM, "channels that do not fit the groups");
    to[0] = image->n, to[1] = weights->n;
    to[2] = places(image->h, weights->h, c->padding[0], c->stride[0], c->dilation[0]);
    to[3] = places(image->w, weights->w, c->padding[1], c->stride[1], c->dilation[1]);
    return to[2] > 0 && to[3] > 0 ? OK : BAD_PARAM;
}
/// Whether the descriptors fit each other: OK, or what the library returns.
int check(const Handle* handle, const Operands& o) {
    int to[4];
    if (!handle || !is(o.windows, Sizes::TENSOR)) return refused(BAD_PARAM, "a missing handle or descriptor");
    if (int status = output(o.convolution, o.image, o.weights, to)) return status;
    const Sizes& y = *o.windows;
    if (y.n != to[0] || y.c != to[1] || y.h != to[2] || y.w != to[3]) return refused(BAD_PARAM, "windows of another size than the convolution has");
    return o.convolution->groups > MOST_GROUPS ? NOT_SUPPORTED : OK;
}

bool deterministic(Target target, u32 algorithm) { return target == WINDOWS || (target == IMAGE ? algorithm != DATA_0 : algorithm != FILTER_0 && algorithm != FILTER_3); }
/// Bytes of workspace.
u64 workspace(Target target, u32 algorithm, const Operands& o) {
    u64 taps = o.weights->len() / (u64)o.weights->n, windows = o.windows->len() / (u64)o.windows->c;
    if (target == WINDOWS) return algorithm == IMPLICIT_PRECOMP_GEMM ? taps * 4 : algorithm == GEMM ? taps * windows * 4 : 0;
    if (target == IMAGE) return algorithm == DATA_FFT ? u64(1) << 40 : algorithm == DATA_1 ? o.image->len() * 4 : 0;
    return algorithm == FILTER_FFT ? u64(1) << 40 : algorithm == FILTER_1 ? o.weights->len() * 4 : 0;
}
bool exists(Target target, u32 algorithm) { return algorithm <= (target == WINDOWS ? 7u : target == IMAGE ? 5u : 6u); }
bool supported(const Operands& o) { return o.weights->h <= LARGEST_KERNEL && o.weights->w <= LARGEST_KERNEL; }

/// All algorithms, those first that must not be taken. Proposals hold each once for the fastest kind of arithmetic, which must not be
/// taken either, then once for the kind that was set.
const std::vector<u32> best[3] = {
    {WINOGRAD, 7, 4, 5, 3, IMPLICIT_PRECOMP_GEMM, IMPLICIT_GEMM},
    {DATA_0, DATA_FFT, 3, 4, 5, DATA_1},
    {FILTER_0, FILTER_3, FILTER_FFT, 4, 5, 6, FILTER_1},
};
int most_proposals(Target target, const Handle* handle, int* to) {
    if (!handle || !to) return refused(BAD_PARAM, "no room for a count");
    *to = 2 * (int)best[target].size();
    return OK;
}

int propose(Target target, const Handle* handle, const Operands& o, int wanted, int* found, Proposal* to) {
    Lock lock;
    if (wanted < 1 || !found || !to) return refused(BAD_PARAM, "no room for proposals");
    *found = 0;
    if (int status = check(handle, o)) return status;
    u32 math = o.convolution->math;
    if (math == DEFAULT_MATH) math = TENSOR_OP_MATH;
    for (u32 kind : {(u32)TENSOR_OP_MATH_ALLOW_CONVERSION, math})
        for (u32 algorithm : best[target]) {
            if (*found == wanted) return OK;
            Proposal& p = to[(*found)++];
            p = {};
            p.algorithm = algorithm;
            p.status = supported(o) ? OK : NOT_SUPPORTED;
            p.time = p.status == OK ? 0.001f * (float)*found : -1.0f;
            p.memory = workspace(target, algorithm, o);
            p.determinism = deterministic(target, algorithm);
            p.math = kind;
        }
    return OK;
}
int workspace_size(Target target, const Handle* handle, const Operands& o, u32 algorithm, size_t* bytes) {
    Lock lock;
    if (!bytes || !exists(target, algorithm)) return refused(BAD_PARAM, "no such algorithm");
    if (int status = check(handle, o)) return status;
    if (!supported(o)) return NOT_SUPPORTED;
    *bytes = workspace(target, algorithm, o);
    return OK;
}

/// A factor as the matrix units see it.
double factor(float x, bool tf32) {
    u32 bits;
    memcpy(&bits, &x, 4);
    if (tf32 && (bits & 0x7F800000) != 0x7F800000) bits = (bits + 0x1000) & 0xFFFFE000;
    memcpy(&x, &bits, 4);
    return x;
}

/// One convolution as it was asked for, and as the stream runs it later.
struct Job {
    Target target;
    Sizes image, weights, windows;
    Convolution c;
    float beta;
    u64 at_image, at_weights, at_windows, at_workspace, workspace_bytes;
    bool backwards;

    float* operand(Target which, u64 address, const Sizes& sizes) const {
        static const char* const names[] = {"the windows of a convolution", "the image of a convolution", "the weights of a convolution"};
        return (float*)memory(address, sizes.len() * 4, names[which]);
    }
    void run() const {
        float* x = operand(IMAGE, at_image, image);
        float* w = operand(WEIGHTS, at_weights, weights);
        float* y = operand(WINDOWS, at_windows, windows);
        if (!x || !w || !y) return;
        // The real library writes there too; whoever keeps something in it finds out.
        if (workspace_bytes > 0) {
            void* memory_of_it = memory(at_workspace, workspace_bytes, "the workspace of a convolution");
            if (!memory_of_it) return;
            memset(memory_of_it, 0xFF, workspace_bytes);
        }
        float* to = target == WINDOWS ? y : target == IMAGE ? x : w;
        std::vector<double> sums((target == WINDOWS ? windows : target == IMAGE ? image : weights).len(), 0.0);
        // Every product once: added to the operand that is wanted.
        bool tf32 = c.math != FMA_MATH;
        int outputs = weights.n / c.groups;
        for (int step = 0; step < windows.n; step++) {
            int n = backwards ? windows.n - 1 - step : step;
            for (int o = 0; o < windows.c; o++)
                for (int i = 0; i < weights.c; i++)
                    for (int row = 0; row < windows.h; row++)
                        for (int column = 0; column < windows.w; column++)
                            for (int k = 0; k < weights.h; k++)
                                for (int l = 0; l < weights.w; l++) {
                                    int r = row * c.stride[0] + k * c.dilation[0] - c.padding[0], q = column * c.stride[1] + l * c.dilation[1] - c.padding[1];
                                    if (r < 0 || r >= image.h || q < 0 || q >= image.w) continue;
                                    u64 at_x = (((u64)n * (u64)image.c + (u64)(o / outputs * weights.c + i)) * (u64)image.h + (u64)r) * (u64)image.w + (u64)q;
                                    u64 at_w = (((u64)o * (u64)weights.c + (u64)i) * (u64)weights.h + (u64)k) * (u64)weights.w + (u64)l;
                                    u64 at_y = (((u64)n * (u64)windows.c + (u64)o) * (u64)windows.h + (u64)row) * (u64)windows.w + (u64)column;
                                    if (target == WINDOWS) sums[at_y] += factor(x[at_x], tf32) * factor(w[at_w], tf32);
                                    if (target == IMAGE) sums[at_x] += factor(w[at_w], tf32) * factor(y[at_y], tf32);
                                    if (target == WEIGHTS) sums[at_w] += factor(x[at_x], tf32) * factor(y[at_y], tf32);
                                }
        }
        for (u64 i = 0; i < sums.size(); i++) to[i] = (float)sums[i] + (beta != 0 ? beta * to[i] : 0.0f);
    }
};

bool meet(u64 a, u64 a_bytes, u64 b, u64 b_bytes) { return a < b + b_bytes && b < a + a_bytes; }

int convolve(Target target, const Handle* handle, const Operands& o, u32 algorithm, const u64 (&at)[3], u64 at_workspace, size_t bytes, const float* alpha, const float* beta) {
    Lock lock;
    if (!alpha || !beta || !at[0] || !at[1] || !at[2]) return refused(BAD_PARAM, "a missing argument of a convolution");
    if (int status = check(handle, o)) return status;
    if (!handle->stream) return refused(BAD_PARAM, "a convolution outside of the stream");
    if (!exists(target, algorithm) || !supported(o)) return refused(NOT_SUPPORTED, "no such algorithm");
    bool direct = target == WINDOWS ? algorithm <= GEMM : target == IMAGE ? algorithm <= DATA_1 : algorithm != FILTER_FFT && algorithm <= FILTER_3;
    if (!direct) return refused(NOT_SUPPORTED, "an algorithm by a transform is not emulated");
    if (o.convolution->math == TENSOR_OP_MATH_ALLOW_CONVERSION) return refused(NOT_SUPPORTED, "half precision is not emulated");
    if (*alpha != 1 || (*beta != 0 && *beta != 1)) return refused(NOT_SUPPORTED, "such factors are not emulated");
    u64 needed = workspace(target, algorithm, o);
    if (bytes < needed || (needed > 0 && !at_workspace)) return refused(BAD_PARAM, "too little workspace for the algorithm");
    const Sizes* sizes[] = {o.image, o.weights, o.windows};
    const u64 addresses[] = {target == IMAGE ? at[2] : at[0], target == WINDOWS ? at[1] : target == IMAGE ? at[0] : at[2], target == WINDOWS ? at[2] : at[1]};
    for (int i = 0; i < 3; i++) {
        if (addresses[i] % 16 != 0) return refused(NOT_SUPPORTED, "an operand at no multiple of 16 bytes");
        if (needed > 0 && meet(addresses[i], sizes[i]->len() * 4, at_workspace, needed)) return refused(BAD_PARAM, "a workspace with an operand in it");
        for (int j = 0; j < i; j++)
            if (meet(addresses[i], sizes[i]->len() * 4, addresses[j], sizes[j]->len() * 4)) return refused(BAD_PARAM, "operands that overlap");
    }
    if (needed > 0 && at_workspace % 256 != 0) return refused(BAD_PARAM, "a workspace at no multiple of 256 bytes");
    // Where parts are added in the order in which they end, the sums differ from run to run.
    static bool turn;
    bool backwards = !deterministic(target, algorithm) && (turn = !turn);
    Job job = {target, *o.image, *o.weights, *o.windows, *o.convolution, *beta, addresses[0], addresses[1], addresses[2], at_workspace, needed, backwards};
    return enqueue(handle->stream, [job] { job.run(); }) == SUCCESS ? OK : EXECUTION_FAILED;
}

int set(Sizes* to, Sizes::Kind kind, u32 format, u32 type, int n, int c, int h, int w) {
    if (!to || to->kind != kind || n < 1 || c < 1 || h < 1 || w < 1) return refused(BAD_PARAM, "a size below 1");
    if (format != NCHW || type != FLOAT) return refused(NOT_SUPPORTED, "only floats in NCHW are emulated");
    to->n = n, to->c = c, to->h = h, to->w = w;
    return to->len() <= 0x7FFFFFFF ? OK : refused(NOT_SUPPORTED, "more than 2^31 elements");
}
template <class T>
int create(T** to, T value) {
    if (!to) return BAD_PARAM;
    *to = new T(value);
    return OK;
}
template <class T>
int destroy(T* it) {
    delete it;
    return OK;
}

}  // namespace

DL_API size_t cudnnGetVersion() { return 92100; }
DL_API const char* cudnnGetErrorString(u32 status) {
    switch (status) {
        case OK: return "CUDNN_STATUS_SUCCESS";
        case BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
        case NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
        case EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
    }
    return "CUDNN_UNKNOWN_STATUS";
}
DL_API int cudnnCreate(Handle** handle) { return create(handle, Handle{}); }
DL_API int cudnnDestroy(Handle* handle) { return destroy(handle); }
DL_API int cudnnSetStream(Handle* handle, void* stream) {
    if (!handle) return BAD_PARAM;
    handle->stream = stream;
    return OK;
}
DL_API int cudnnCreateTensorDescriptor(Sizes** to) { return create(to, Sizes{Sizes::TENSOR}); }
DL_API int cudnnDestroyTensorDescriptor(Sizes* it) { return destroy(it); }
DL_API int cudnnSetTensor4dDescriptor(Sizes* to, u32 format, u32 type, int n, int c, int h, int w) { return set(to, Sizes::TENSOR, format, type, n, c, h, w); }
DL_API int cudnnCreateFilterDescriptor(Sizes** to) { return create(to, Sizes{Sizes::FILTER}); }
DL_API int cudnnDestroyFilterDescriptor(Sizes* it) { return destroy(it); }
DL_API int cudnnSetFilter4dDescriptor(Sizes* to, u32 type, u32 format, int k, int c, int h, int w) { return set(to, Sizes::FILTER, format, type, k, c, h, w); }
DL_API int cudnnCreateConvolutionDescriptor(Convolution** to) { return create(to, Convolution{}); }
DL_API int cudnnDestroyConvolutionDescriptor(Convolution* it) { return destroy(it); }
DL_API int cudnnSetConvolution2dDescriptor(Convolution* to, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w, u32 mode, u32 type) {
    if (!to || pad_h < 0 || pad_w < 0 || u < 1 || v < 1 || dilation_h < 1 || dilation_w < 1) return refused(BAD_PARAM, "a setting of a convolution");
    if (mode != CROSS_CORRELATION || type != FLOAT) return refused(NOT_SUPPORTED, "only cross-correlations in floats are emulated");
    to->padding[0] = pad_h, to->padding[1] = pad_w, to->stride[0] = u, to->stride[1] = v, to->dilation[0] = dilation_h, to->dilation[1] = dilation_w;
    return OK;
}
DL_API int cudnnSetConvolutionGroupCount(Convolution* to, int groups) {
    if (!to || groups < 1) return refused(BAD_PARAM, "a number of groups");
    to->groups = groups;
    return OK;
}
DL_API int cudnnSetConvolutionMathType(Convolution* to, u32 math) {
    if (!to || math > FMA_MATH) return refused(BAD_PARAM, "a kind of arithmetic");
    to->math = math;
    return OK;
}
DL_API int cudnnGetConvolution2dForwardOutputDim(Convolution* c, Sizes* image, Sizes* weights, int* n, int* channels, int* h, int* w) {
    int to[4];
    if (!n || !channels || !h || !w) return refused(BAD_PARAM, "no room for a size");
    if (int status = output(c, image, weights, to)) return status;
    *n = to[0], *channels = to[1], *h = to[2], *w = to[3];
    return OK;
}

// The three kinds of convolution, in the order of their operands.
#define KIND(TARGET, COUNT, PROPOSE, WORKSPACE, CONVOLVE)                                                                                                  \
    DL_API int COUNT(Handle* handle, int* to) { return most_proposals(TARGET, handle, to); }                                                               \
    DL_API int PROPOSE(Handle* handle, Sizes* a, Sizes* b, Convolution* c, Sizes* to, int wanted, int* found, Proposal* proposals) {                       \
        return propose(TARGET, handle, operands(TARGET, a, b, c, to), wanted, found, proposals);                                                           \
    }                                                                                                                                                      \
    DL_API int WORKSPACE(Handle* handle, Sizes* a, Sizes* b, Convolution* c, Sizes* to, u32 algorithm, size_t* bytes) {                                    \
        return workspace_size(TARGET, handle, operands(TARGET, a, b, c, to), algorithm, bytes);                                                            \
    }                                                                                                                                                      \
    DL_API int CONVOLVE(Handle* handle, const float* alpha, Sizes* a, u64 at_a, Sizes* b, u64 at_b, Convolution* c, u32 algorithm, u64 space, size_t bytes,\
                        const float* beta, Sizes* to, u64 at_to) {                                                                                         \
        return convolve(TARGET, handle, operands(TARGET, a, b, c, to), algorithm, {at_a, at_b, at_to}, space, bytes, alpha, beta);                         \
    }
KIND(WINDOWS, cudnnGetConvolutionForwardAlgorithmMaxCount, cudnnGetConvolutionForwardAlgorithm_v7, cudnnGetConvolutionForwardWorkspaceSize, cudnnConvolutionForward)
KIND(IMAGE, cudnnGetConvolutionBackwardDataAlgorithmMaxCount, cudnnGetConvolutionBackwardDataAlgorithm_v7, cudnnGetConvolutionBackwardDataWorkspaceSize, cudnnConvolutionBackwardData)
KIND(WEIGHTS, cudnnGetConvolutionBackwardFilterAlgorithmMaxCount, cudnnGetConvolutionBackwardFilterAlgorithm_v7, cudnnGetConvolutionBackwardFilterWorkspaceSize, cudnnConvolutionBackwardFilter)
