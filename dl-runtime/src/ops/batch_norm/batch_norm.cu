// Batch normalisation. One kernel computes the moments (or sums) of every channel over parts of the batch. The kernel
// that writes the output merges them in order, or computes them itself if there is a single part.
//
// A block has 256, 512 or 1024 threads. With samples of shape [C, H, W], block (c, part) works on elements of channel `c`, four
// at a time if H·W is a multiple of four. With samples of shape [C], in which neighbours in memory belong to different
// channels, it works on the 32 channels from 32·c on, one for each lane, and each warp on a sample of its own. In both cases,
// a thread works on elements of one channel.
#include "activation.cuh"
#include "extension.cuh"
#include "moments.cuh"

/// The largest number of threads of a block.
#define MOST_THREADS 1024u
/// The number of threads of a block that needs nothing of a whole channel.
#define PART_THREADS 256u

struct Shape {
    u32 channels, spatial_size;
};

/// The channel of this thread, its number among the threads that share the channel (`worker`), and their count.
struct Place {
    u32 channel, worker, workers;
};
DEVICE Place place_of(Shape s) {
    if (s.spatial_size == 1) return Place{blockIdx.x * WARP + threadIdx.x % WARP, threadIdx.x / WARP, blockDim.x / WARP};
    return Place{blockIdx.x, threadIdx.x, blockDim.x};
}
/// Returns true if this thread is the one that writes the statistics or gradients of its channel.
DEVICE bool writes(Shape s, Place place) { return blockIdx.y == 0 && place.worker == 0 && place.channel < s.channels; }

/// Iterates over the elements of a thread in its part of the batch: every `step`-th element of the channel over all
/// samples, in units of one or four. `at` is the index in memory, and `column` is the index in the channel of a sample.
/// A step adds `jump` and `column_step` to them, and `wrap` to `at` at the end of a sample, without a division.
struct StridedIter {
    u64 i, end, step, at, jump, wrap;
    u32 column, column_step, spatial_size;
};
DEVICE StridedIter strided_iter(Shape s, Place place, u64 numbers, u64 size, u32 unit) {
    u32 spatial_size = s.spatial_size / unit;
    u64 sample = (u64)s.channels * spatial_size, end = (blockIdx.y + 1) * size;
    StridedIter w;
    w.i = blockIdx.y * size / unit + place.worker;
    w.end = place.channel < s.channels ? (end < numbers ? end : numbers) / unit : 0;
    w.step = place.workers;
    w.column = (u32)(w.i % spatial_size);
    w.column_step = place.workers % spatial_size;
    w.spatial_size = spatial_size;
    w.at = w.i / spatial_size * sample + (u64)place.channel * spatial_size + w.column;
    w.jump = place.workers / spatial_size * sample + w.column_step;
    w.wrap = sample - spatial_size;
    return w;
}
/// Returns the index of the next element, in units, and moves on.
DEVICE u64 next(StridedIter& w) {
    u64 at = w.at;
    w.i += w.step;
    w.at += w.jump;
    w.column += w.column_step;
    if (w.column >= w.spatial_size) {
        w.column -= w.spatial_size;
        w.at += w.wrap;
    }
    return at;
}
DEVICE void next(StridedIter& w, One& at) { at.i = next(w); }
DEVICE void next(StridedIter& w, Four& at) { at.i = 4 * next(w); }

/// Returns true if the elements of a channel can be read four at a time, provided that the memory is aligned.
DEVICE bool in_fours(Shape s) { return s.spatial_size % 4 == 0; }

DEVICE Moments moments_of(float v, float first) { return Moments{1.0f, v - first, 0.0f}; }
DEVICE Moments moments_of(float4 v, float first) {
    return moments_of(v.x - first, v.y - first, v.z - first, v.w - first);
}
/// Returns the moments of a thread's elements minus `first`. A merge costs a division, so four loads are merged at a
/// time.
template <class At>
DEVICE Moments thread_moments(StridedIter w, Span<const float> x, float first) {
    Moments m = {0.0f, 0.0f, 0.0f};
    At a, b, c, d;
    while (w.i + 3 * w.step < w.end) {
        next(w, a), next(w, b), next(w, c), next(w, d);
        auto x_a = get(x, a), x_b = get(x, b), x_c = get(x, c), x_d = get(x, d);
        Moments low = merge(moments_of(x_a, first), moments_of(x_b, first));
        m = merge(m, merge(low, merge(moments_of(x_c, first), moments_of(x_d, first))));
    }
    while (w.i < w.end) {
        next(w, a);
        m = merge(m, moments_of(get(x, a), first));
    }
    return m;
}
DEVICE void put(SharedArray<float, 3 * MOST_THREADS>& tile, Moments m) {
    tile[threadIdx.x] = m.n;
    tile[MOST_THREADS + threadIdx.x] = m.mean;
    tile[2 * MOST_THREADS + threadIdx.x] = m.squares;
}
DEVICE Moments moments_at(SharedArray<float, 3 * MOST_THREADS>& tile, u32 at) {
    return Moments{tile[at], tile[MOST_THREADS + at], tile[2 * MOST_THREADS + at]};
}
/// Returns the merged moments of all threads of a channel. Half of the warps merge theirs with those of the other half, until one is left.
DEVICE Moments workers_merge(Shape s, Moments m, SharedArray<float, 3 * MOST_THREADS>& tile) {
    if (s.spatial_size > 1) m = warp_merge(m);
    put(tile, m);
    __syncthreads();
    for (u32 half = blockDim.x / 2; half >= WARP; half /= 2) {
        if (threadIdx.x < half) put(tile, m = merge(m, moments_at(tile, half + threadIdx.x)));
        __syncthreads();
    }
    Moments all = moments_at(tile, threadIdx.x % WARP);
    __syncthreads();
    return all;
}
/// Returns the first element of a channel. It is subtracted before moments are computed, so that a large mean costs no
/// precision.
DEVICE float first_of(Shape s, Place place, Span<const float> x) {
    return place.channel < s.channels ? (float)x[(u64)place.channel * s.spatial_size] : 0.0f;
}
/// Returns the moments of a part of a channel minus the channel's first element.
DEVICE Moments moments_of_part(Shape s, Place place, u64 numbers, u64 size, Span<const float> x,
                               SharedArray<float, 3 * MOST_THREADS>& tile) {
    float first = first_of(s, place, x);
    bool fours = in_fours(s) && aligned(x);
    StridedIter w = strided_iter(s, place, numbers, size, fours ? 4 : 1);
    return workers_merge(s, fours ? thread_moments<Four>(w, x, first) : thread_moments<One>(w, x, first), tile);
}

/// Writes the moments of every part to `moments`, [parts, channels, 3].
KERNEL_OF(PART_THREADS, batch_norm_moments, Shape s, u64 numbers, u64 size, Span<const float> x, Span<float> moments) {
    SHARED(float, tile, 3 * MOST_THREADS);
    Place place = place_of(s);
    Moments m = moments_of_part(s, place, numbers, size, x, tile);
    if (place.worker == 0 && place.channel < s.channels) {
        u64 at = 3 * (blockIdx.y * (u64)s.channels + place.channel);
        moments[at] = m.n;
        moments[at + 1] = m.mean;
        moments[at + 2] = m.squares;
    }
}

/// The factors of a channel's normalisation, `y = f((x - mean)·scale + bias)`.
struct By {
    float mean, scale, bias;
};
DEVICE By by_of(Shape s, Place place, Span<const float> weights, float mean, float var, float epsilon) {
    if (place.channel >= s.channels) return By{0.0f, 0.0f, 0.0f};
    return By{mean, weights[place.channel] / sqrtf(var + epsilon), weights[s.channels + place.channel]};
}
/// `Extension::Sum`: the sum of an output and `summand`, after ReLU if `relu`. Unless `sum` is empty, it is a result of its own.
struct Sum {
    u32 relu;
    Span<const float> summand;
    Span<float> sum;
};
template <class At>
DEVICE void thread_normalise(StridedIter w, Activation f, By by, Span<const float> x, Span<float> y, Sum s) {
    At at;
    bool add = s.summand.len > 0, both = s.sum.len > 0;
    while (w.i < w.end) {
        next(w, at);
        auto v = map([=](float x) { return fmaf(x - by.mean, by.scale, by.bias); }, get(x, at));
        if (both) accumulate(y, at, v = activate(f, v), 0);
        if (add) v = map([](float v, float more) { return v + more; }, v, get(s.summand, at));
        if (!both)
            accumulate(y, at, activate(f, v), 0);
        else
            accumulate(s.sum, at, map([=](float v) { return s.relu && v < 0.0f ? 0.0f : v; }, v), 0);
    }
}
/// Normalises a part of a channel. The summand is added before the activation unless the sum is a result of its own.
DEVICE void normalise(Shape s, Place place, u64 numbers, u64 size, Activation f, By by, Span<const float> x, Span<float> y, Sum sum) {
    bool fours = in_fours(s) && aligned(x) && aligned(y) && aligned(sum.summand) && aligned(sum.sum);
    StridedIter w = strided_iter(s, place, numbers, size, fours ? 4 : 1);
    if (fours) {
        thread_normalise<Four>(w, f, by, x, y, sum);
    } else {
        thread_normalise<One>(w, f, by, x, y, sum);
    }
}

/// Updates the running statistics of a channel with those of a batch, if the new ones are finite.
DEVICE void update_running(Shape s, u32 channel, float momentum, u64 numbers, float mean, float var, Span<float> running) {
    float old_mean = running[channel], old_var = running[s.channels + channel];
    // A single element has no unbiased variance.
    float unbiased = numbers > 1 ? var * ((float)numbers / (float)(numbers - 1)) : old_var;
    float new_mean = old_mean + momentum * (mean - old_mean), new_var = old_var + momentum * (unbiased - old_var);
    if (not_finite(new_mean) || not_finite(new_var)) return;
    running[channel] = new_mean;
    running[s.channels + channel] = new_var;
}

/// Normalises a part by the batch's statistics, and updates `running`. The statistics are merged from `moments`; if
/// this is empty, the part is the whole channel, and they are computed here.
KERNEL_OF(MOST_THREADS, batch_norm_forward, u32 relu, Span<const float> summand, Span<float> sum, Shape s, u64 numbers,
          u64 size, u32 parts, Activation f, float momentum, float epsilon, Span<const float> weights, Span<float> running, Span<const float> moments, Span<const float> x,
          Span<float> y, Span<float> saved) {
    SHARED(float, tile, 3 * MOST_THREADS);
    Place place = place_of(s);
    Moments m = {0.0f, 0.0f, 0.0f};
    if (moments.len == 0) {
        m = moments_of_part(s, place, numbers, size, x, tile);
    } else {
        for (u32 part = place.worker; part < parts && place.channel < s.channels; part += place.workers) {
            u64 at = 3 * (part * (u64)s.channels + place.channel);
            m = merge(m, Moments{moments[at], moments[at + 1], moments[at + 2]});
        }
        m = workers_merge(s, m, tile);
    }
    float mean = first_of(s, place, x) + m.mean, var = m.squares / (float)numbers;
    // With an infinite variance, all outputs would be the bias, and the overflow would go unnoticed.
    if (not_finite(var)) var = __uint_as_float(0x7FC00000u);
    if (writes(s, place)) {
        update_running(s, place.channel, momentum, numbers, mean, var, running);
        saved[place.channel] = mean;
        saved[s.channels + place.channel] = var;
    }
    normalise(s, place, numbers, size, f, by_of(s, place, weights, mean, var, epsilon), x, y, Sum{relu, summand, sum});
}

/// Normalises by given statistics: means, then variances. The `summand` may be empty.
KERNEL_OF(PART_THREADS, batch_norm_by, Shape s, u64 numbers, u64 size, Activation f, float epsilon,
          Span<const float> weights, Span<const float> statistics, Span<const float> x, Span<const float> summand,
          Span<float> y) {
    Place place = place_of(s);
    u32 c = place.channel < s.channels ? place.channel : 0;
    By by = by_of(s, place, weights, statistics[c], statistics[s.channels + c], epsilon);
    normalise(s, place, numbers, size, f, by, x, y, Sum{0, summand, y.part(0, 0)});
}

/// `Σ dy·(x - mean)` and `Σ dy`.
struct Sums {
    float product, total;
};
DEVICE void add(Sums& sums, float mean, float x, float dy) {
    sums.product = fmaf(x - mean, dy, sums.product);
    sums.total += dy;
}
DEVICE void add(Sums& sums, float mean, float4 x, float4 dy) {
    Sums four = {0.0f, 0.0f};
    add(four, mean, x.x, dy.x), add(four, mean, x.y, dy.y), add(four, mean, x.z, dy.z), add(four, mean, x.w, dy.w);
    sums.product += four.product;
    sums.total += four.total;
}
/// The gradient to the output, and how it is to be multiplied by a slope first: `d` is the same memory then, or else empty.
struct Dy {
    Span<const float> dy;
    Slope slope;
    Span<float> d;
};
template <class At>
DEVICE Sums thread_sums(StridedIter w, float mean, Span<const float> x, Dy dy) {
    Sums sums = {0.0f, 0.0f};
    At a, b;
    while (w.i + w.step < w.end) {
        next(w, a), next(w, b);
        auto x_a = get(x, a), dy_a = get(dy.dy, a), x_b = get(x, b), dy_b = get(dy.dy, b);
        dy_a = sloped(dy.slope, a.i, dy_a), dy_b = sloped(dy.slope, b.i, dy_b);
        if (dy.d.len) accumulate(dy.d, a, dy_a, 0), accumulate(dy.d, b, dy_b, 0);
        add(sums, mean, x_a, dy_a), add(sums, mean, x_b, dy_b);
    }
    while (w.i < w.end) {
        next(w, a);
        auto dy_a = sloped(dy.slope, a.i, get(dy.dy, a));
        if (dy.d.len) accumulate(dy.d, a, dy_a, 0);
        add(sums, mean, get(x, a), dy_a);
    }
    return sums;
}
DEVICE void put(SharedArray<float, 3 * MOST_THREADS>& tile, Sums sums) {
    tile[threadIdx.x] = sums.product;
    tile[MOST_THREADS + threadIdx.x] = sums.total;
}
/// Returns the sums over all threads of a channel.
DEVICE Sums workers_sum(Shape s, Sums sums, SharedArray<float, 3 * MOST_THREADS>& tile) {
    if (s.spatial_size > 1) sums = Sums{warp_sum(sums.product), warp_sum(sums.total)};
    put(tile, sums);
    __syncthreads();
    for (u32 half = blockDim.x / 2; half >= WARP; half /= 2) {
        if (threadIdx.x < half) {
            float product = tile[half + threadIdx.x], total = tile[MOST_THREADS + half + threadIdx.x];
            sums.product += product;
            sums.total += total;
            put(tile, sums);
        }
        __syncthreads();
    }
    Sums all = {tile[threadIdx.x % WARP], tile[MOST_THREADS + threadIdx.x % WARP]};
    __syncthreads();
    return all;
}
DEVICE Sums sums_of_part(Shape s, Place place, u64 numbers, u64 size, float mean, Span<const float> x, Dy dy,
                         SharedArray<float, 3 * MOST_THREADS>& tile) {
    bool fours = in_fours(s) && aligned(x) && aligned(dy.dy);
    StridedIter w = strided_iter(s, place, numbers, size, fours ? 4 : 1);
    return workers_sum(s, fours ? thread_sums<Four>(w, mean, x, dy) : thread_sums<One>(w, mean, x, dy), tile);
}

/// Writes the sums of every part to `sums`, [parts, channels, 2]. Unless `d` is empty, it is `dy`, which is multiplied by a slope first.
KERNEL_OF(PART_THREADS, batch_norm_sums, Shape s, u64 numbers, u64 size, float below, Span<const float> kept, Span<float> d,
          Span<const float> saved, Span<const float> x, Span<const float> dy, Span<float> sums) {
    SHARED(float, tile, 3 * MOST_THREADS);
    Place place = place_of(s);
    float mean = saved[place.channel < s.channels ? place.channel : 0];
    Sums part = sums_of_part(s, place, numbers, size, mean, x, Dy{dy, Slope{below, kept}, d}, tile);
    if (place.worker == 0 && place.channel < s.channels) {
        u64 at = 2 * (blockIdx.y * (u64)s.channels + place.channel);
        sums[at] = part.product;
        sums[at + 1] = part.total;
    }
}

/// `dx = scale·dy + slope·(x - mean) + shift`.
struct Gradient {
    float mean, scale, slope, shift;
};
template <class At>
DEVICE void thread_gradient(StridedIter w, Gradient g, Span<const float> x, Span<const float> dy, Span<float> dx, u32 add) {
    At at;
    while (w.i < w.end) {
        next(w, at);
        auto d = map([=](float x, float dy) { return fmaf(g.scale, dy, fmaf(g.slope, x - g.mean, g.shift)); }, get(x, at),
                     get(dy, at));
        accumulate(dx, at, d, add);
    }
}

/// `constant` is 1 if the statistics are those that do not depend on the batch.
struct Settings {
    float epsilon, below;
    u32 add_weights, add_input, constant;
};

/// Computes the gradients to scale and shift and to the input, unless `d_weights` or `dx` is empty. The sums are merged
/// from `sums`; if this is empty, the part is the whole channel, and they are computed here. Unless `d` is empty, it is `dy`, which is
/// multiplied by a slope first.
KERNEL_OF(MOST_THREADS, batch_norm_backward, Shape s, u64 numbers, u64 size, u32 parts, Settings settings,
          Span<const float> kept, Span<float> d, Span<const float> weights, Span<const float> saved, Span<const float> sums, Span<const float> x,
          Span<const float> dy, Span<float> d_weights, Span<float> dx) {
    SHARED(float, tile, 3 * MOST_THREADS);
    Place place = place_of(s);
    u32 c = place.channel < s.channels ? place.channel : 0;
    float mean = saved[c], var = saved[s.channels + c], inverse = 1.0f / sqrtf(var + settings.epsilon);
    Sums all = {0.0f, 0.0f};
    bool summed = d_weights.len > 0 || !settings.constant;
    if (!summed) {
        // Nothing needs the sums.
    } else if (sums.len == 0) {
        all = sums_of_part(s, place, numbers, size, mean, x, Dy{dy, Slope{settings.below, kept}, d}, tile);
    } else {
        for (u32 part = place.worker; part < parts && place.channel < s.channels; part += place.workers) {
            u64 at = 2 * (part * (u64)s.channels + c);
            all.product += sums[at];
            all.total += sums[at + 1];
        }
        all = workers_sum(s, all, tile);
    }
    float n = (float)numbers, d_weight = all.product * inverse;
    if (d_weights.len > 0 && writes(s, place)) {
        accumulate(d_weights, c, d_weight, settings.add_weights);
        accumulate(d_weights, s.channels + c, all.total, settings.add_weights);
    }
    if (dx.len == 0) return;
    if (settings.constant) d_weight = all.total = 0.0f;
    float scale = weights[c] * inverse;
    Gradient g = {mean, scale, -scale * inverse * d_weight / n, -scale * all.total / n};
    bool fours = in_fours(s) && aligned(x) && aligned(dy) && aligned(dx);
    StridedIter w = strided_iter(s, place, numbers, size, fours ? 4 : 1);
    if (fours) {
        thread_gradient<Four>(w, g, x, dy, dx, settings.add_input);
    } else {
        thread_gradient<One>(w, g, x, dy, dx, settings.add_input);
    }
}
