//! Compares attention with plain scores in `f64`, and its gradients with central differences.

use super::{AttentionOp, CrossAttentionOp};
use crate::Context;
use crate::random::{Purpose, words};
use crate::tensor::{Rows, Write};
use crate::testing::{Lengths, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use std::ops::Range;

const PLAIN: AttentionOp =
    AttentionOp { heads: 1, kv_heads: 1, head_dim: 1, causal: false, window: 0, alibi: false, dropout: 0.0, id: 0 };
const SEED: u64 = 9;

/// Returns the factor of a probability in training.
fn factor(op: AttentionOp, [sample, head, query, key]: [usize; 4], [queries, keys]: [usize; 2]) -> f64 {
    if op.dropout == 0.0 {
        return 1.0;
    }
    let (across, down) = (queries.div_ceil(16), keys.div_ceil(4));
    let group = ((sample * op.heads + head) * down + key / 4) * across + query / 16;
    let word = words(SEED, op.id, Purpose::AttentionDropout, group as u64)[key % 4 * 16 + query % 16];
    let kept = f64::from(word) >= f64::from(op.dropout) * 4_294_967_296.0;
    if kept { 1.0 / (1.0 - f64::from(op.dropout)) } else { 0.0 }
}

/// One sample: the output for rows `q` and rows `kv` of keys and values.
fn sample(op: AttentionOp, sample: usize, q: &[f64], kv: &[f64], longest: [usize; 2]) -> Vec<f64> {
    let (n, shared) = (op.head_dim, op.heads / op.kv_heads);
    let (row, key_row) = (op.heads * n, 2 * op.kv_heads * n);
    let (queries, keys) = (q.len() / row, kv.len() / key_row);
    let mut y = vec![0.0; q.len()];
    for (head, query) in (0..op.heads).flat_map(|head| (0..queries).map(move |query| (head, query))) {
        let sees = |key: &usize| (!op.causal || *key <= query) && (op.window == 0 || key + op.window > query);
        let slope = if op.alibi { 0.5_f64.powf(8.0 * (head + 1) as f64 / op.heads as f64) } else { 0.0 };
        let score = |key: usize| {
            let (q, k) = (&q[query * row + head * n..], &kv[key * key_row + head / shared * n..]);
            let product: f64 = (0..n).map(|i| q[i] * k[i]).sum();
            product / (n as f64).sqrt() - slope * (query as f64 - key as f64).abs()
        };
        let seen: Vec<usize> = (0..keys).filter(sees).collect();
        let most = seen.iter().map(|&key| score(key)).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = seen.iter().map(|&key| (score(key) - most).exp()).sum();
        for key in seen {
            let p = (score(key) - most).exp() / sum * factor(op, [sample, head, query, key], longest);
            let v = &kv[key * key_row + op.kv_heads * n + head / shared * n..];
            (0..n).for_each(|i| y[query * row + head * n + i] += p * v[i]);
        }
    }
    y
}

fn longest(ranges: &[Range<usize>]) -> usize {
    ranges.iter().map(Range::len).max().unwrap_or(0)
}

/// The output for rows `[q | k | v]`.
fn reference(op: AttentionOp, lengths: &Lengths, x: &[f64]) -> Vec<f64> {
    let (q, kv) = (op.heads * op.head_dim, 2 * op.kv_heads * op.head_dim);
    let part = |range: &Range<usize>, from: usize, to: usize| -> Vec<f64> {
        range.clone().flat_map(|row| x[row * (q + kv) + from..row * (q + kv) + to].to_vec()).collect()
    };
    let ranges = lengths.ranges();
    let each = ranges.iter().enumerate();
    each.flat_map(|(i, range)| sample(op, i, &part(range, 0, q), &part(range, q, q + kv), [longest(&ranges); 2]))
        .collect()
}

/// Runs a case of one sequence: the output, that of inference, and the gradient.
fn passes<S: Rows<N>, Y: Rows<M>, const N: usize, const M: usize>(
    op: AttentionOp,
    lengths: &Lengths,
    x: &[f32],
    dy: &[f32],
) -> [Vec<f32>; 3] {
    on_every_device!(|device| {
        let (context, rows) = (Context::new(device, SEED), lengths.rows());
        let ([x, dy], ends) = ([x, dy].map(|x| device.tensor(x)), lengths.ends_on(device));
        let [mut y, mut inferred] = [(); 2].map(|()| device.output(dy.len()));
        let (sequences, mut sums) = (lengths.sequences(&ends), device.output(rows * op.heads));
        op.forward(&context, sequences, x.view::<S>(), y.view_mut::<Y>(), sums.view_mut::<f32>());
        op.infer(&context, sequences, x.view::<S>(), inferred.view_mut::<Y>());
        let backward = |d: &mut crate::testing::Tensor<_>, write| {
            let (y, sums, dy) = (y.view::<Y>(), sums.view::<f32>(), dy.view::<Y>());
            op.backward(&context, sequences, x.view::<S>(), y, sums, dy, d.grad(write));
        };
        let mut dx = device.output(x.len());
        backward(&mut dx, Write::Set);
        // A sum with NaN cannot be compared.
        if dx.read().iter().all(|dx| dx.is_finite()) {
            device.set_and_add(x.len(), backward);
        }
        [y.read(), inferred.read(), dx.read()]
    })
}

fn case<S: Rows<N>, Y: Rows<M>, const N: usize, const M: usize>(lengths: &Lengths, op: AttentionOp) {
    let (x, dy) = (numbers(1, lengths.rows() * N), numbers(2, lengths.rows() * M));
    let [y, inferred, dx] = passes::<S, Y, N, M>(op, lengths, &x, &dy);
    let what = format!("{lengths:?}, {op:?}");
    assert_close(&what, &y, &reference(op, lengths, &wide(&x)), 1e-6);
    assert_close(&what, &inferred, &reference(AttentionOp { dropout: 0.0, ..op }, lengths, &wide(&x)), 1e-6);
    // Differences of every number would take a minute for long sequences; some rows stand for all.
    let some: Vec<usize> = (0..x.len()).filter(|i| x.len() < 1500 || i % 97 < 2).collect();
    let at = |part: &[f64]| {
        let mut x = wide(&x);
        some.iter().zip(part).for_each(|(&i, &value)| x[i] = value);
        reference(op, lengths, &x)
    };
    let [from, found] = [&x, &dx].map(|x| some.iter().map(|&i| x[i]).collect::<Vec<f32>>());
    assert_close(&what, &found, &gradient(at, &wide(&from), &dy), 2e-6);
}

/// A case of packed rows.
fn packed<const N: usize, const M: usize>(lengths: &[usize], op: AttentionOp) {
    case::<[f32; N], [f32; M], N, M>(&Lengths::ragged(lengths), op);
}

#[test]
fn values_and_gradients() {
    case::<[[f32; 3]; 1], [[f32; 1]; 1], 3, 1>(&Lengths::equal(1, 1), PLAIN);
    let two = AttentionOp { heads: 2, kv_heads: 2, head_dim: 3, ..PLAIN };
    case::<[[f32; 18]; 5], [[f32; 6]; 5], 18, 6>(&Lengths::equal(2, 5), two);
    packed::<18, 6>(&[4, 1, 0, 33], two);
    packed::<18, 6>(&[4, 1, 0, 33], AttentionOp { causal: true, ..two });
    packed::<18, 6>(&[40, 7], AttentionOp { causal: true, window: 3, ..two });
    packed::<18, 6>(&[40, 7], AttentionOp { causal: true, window: 1, ..two });
    packed::<18, 6>(&[37, 2], AttentionOp { causal: true, alibi: true, ..two });
    packed::<18, 6>(&[37, 2], AttentionOp { alibi: true, ..two });
}

#[test]
fn fewer_heads_of_keys() {
    let op = AttentionOp { heads: 4, kv_heads: 2, head_dim: 2, ..PLAIN };
    packed::<16, 8>(&[6, 3], op);
    packed::<16, 8>(&[34, 3], AttentionOp { causal: true, ..op });
    packed::<12, 8>(&[6, 3], AttentionOp { kv_heads: 1, causal: true, window: 2, ..op });
}

#[test]
fn several_tiles() {
    let op = AttentionOp { heads: 1, kv_heads: 1, head_dim: 2, ..PLAIN };
    packed::<6, 2>(&[150], op);
    packed::<6, 2>(&[3, 270], AttentionOp { causal: true, ..op });
    packed::<6, 2>(&[290], AttentionOp { causal: true, window: 140, ..op });
    packed::<6, 2>(&[290], AttentionOp { causal: true, window: 20, ..op });
    // Enough heads for one task each, with several tiles.
    let many = AttentionOp { heads: 8, kv_heads: 8, head_dim: 1, ..PLAIN };
    packed::<24, 8>(&[140], AttentionOp { causal: true, ..many });
    packed::<24, 8>(&[140], AttentionOp { window: 9, causal: true, ..many });
}

#[test]
fn dropout_keeps_the_mean_and_has_its_gradient() {
    let op = AttentionOp { heads: 2, kv_heads: 1, head_dim: 2, dropout: 0.3, id: 4, ..PLAIN };
    packed::<8, 4>(&[5, 37], op);
    packed::<8, 4>(&[50, 1], AttentionOp { causal: true, ..op });
    packed::<8, 4>(&[20, 1], AttentionOp { dropout: 1.0, ..op });
    // With equal scores and values of 1, an output is the share of probabilities that are kept, times its scale.
    let (lengths, op) = (Lengths::equal(4, 100), AttentionOp { heads: 1, head_dim: 1, ..op });
    let x: Vec<f32> = [0.0, 0.0, 1.0].repeat(400);
    let [y, ..] = passes::<[f32; 3], [f32; 1], 3, 1>(op, &lengths, &x, &[0.0; 400]);
    let mean = y.iter().sum::<f32>() / 400.0;
    // Four standard errors of 40,000 choices.
    assert!((mean - 1.0).abs() < 4.0 * (0.3_f32 / 0.7 / 40_000.0).sqrt(), "{mean}");
}

#[test]
fn what_is_not_seen_does_not_matter() {
    let op = AttentionOp { heads: 2, kv_heads: 2, head_dim: 2, causal: true, window: 4, ..PLAIN };
    let lengths = Lengths::ragged(&[3, 40, 2]);
    let (x, dy) = (numbers(1, 45 * 12), numbers(2, 45 * 4));
    let good = passes::<[f32; 12], [f32; 4], 12, 4>(op, &lengths, &x, &dy);
    for bad in [f32::NAN, f32::INFINITY] {
        let (mut x, mut dy) = (x.clone(), dy.clone());
        // Row 20 is seen by rows 20 to 23 and sees rows 17 to 20; its gradient reaches what those saw.
        x[20 * 12..21 * 12].fill(bad);
        dy[20 * 4..21 * 4].fill(bad);
        let found = passes::<[f32; 12], [f32; 4], 12, 4>(op, &lengths, &x, &dy);
        for ((found, good), (row, reached)) in found.iter().zip(&good).zip([(4, 20..24), (4, 20..24), (12, 17..24)]) {
            for (i, (found, good)) in found.iter().zip(good).enumerate() {
                if reached.contains(&(i / row)) {
                    continue;
                }
                assert!((found - good).abs() < 1e-5, "{bad} reached row {}", i / row);
            }
        }
        assert!(found[0][20 * 4..24 * 4].iter().all(|y| !y.is_finite()), "{bad} is hidden");
    }
}

#[test]
fn slopes() {
    let slopes = |heads| {
        let sight = super::Sight { causal: false, window: 0 };
        let attention = super::Attention { heads, kv_heads: heads, head_dim: 1, sight, alibi: true, dropout: None };
        (0..heads).map(|head| attention.slope(head)).collect::<Vec<f32>>()
    };
    assert_eq!(slopes(4), [0.25, 0.0625, 0.015_625, 0.003_906_25]);
    // Those of four heads, then the first of every two of eight.
    assert_eq!(slopes(6), [0.25, 0.0625, 0.015_625, 0.003_906_25, 0.5, 0.125]);
}

/// Runs a case of two sequences: the output, that of inference, and both gradients.
fn cross_passes<const Q: usize, const KV: usize>(
    op: CrossAttentionOp,
    [queries, memory]: [&Lengths; 2],
    q: &[f32],
    kv: &[f32],
    dy: &[f32],
) -> [Vec<f32>; 4] {
    on_every_device!(|device| {
        let context = Context::new(device, SEED);
        let ([q, kv, dy], ends) = ([q, kv, dy].map(|x| device.tensor(x)), [queries, memory].map(|l| l.ends_on(device)));
        let [s, m] = [queries.sequences(&ends[0]), memory.sequences(&ends[1])];
        let [mut y, mut inferred] = [(); 2].map(|()| device.output(dy.len()));
        let mut sums = device.output(queries.rows() * op.heads);
        let (q_view, kv_view) = (q.view::<[f32; Q]>(), kv.view::<[f32; KV]>());
        op.forward(&context, s, m, q_view, kv_view, y.view_mut(), sums.view_mut::<f32>());
        op.infer(&context, s, m, q_view, kv_view, inferred.view_mut());
        let gradient = |k: usize, len: usize| {
            device.set_and_add(len, |d, write| {
                let (y, sums, dy) = (y.view(), sums.view::<f32>(), dy.view());
                op.backward(&context, s, m, k, q_view, kv_view, y, sums, dy, d.grad::<f32>(write));
            })
        };
        [gradient(0, q.len()), gradient(1, kv.len()), inferred.read(), y.read()]
    })
}

fn cross<const Q: usize, const KV: usize>(queries: &[usize], memory: &[usize], op: CrossAttentionOp) {
    let CrossAttentionOp { heads, kv_heads, head_dim, dropout, id } = op;
    let plain = AttentionOp { heads, kv_heads, head_dim, dropout, id, ..PLAIN };
    let [queries, memory] = [queries, memory].map(Lengths::ragged);
    let (q, kv) = (numbers(1, queries.rows() * Q), numbers(2, memory.rows() * KV));
    let dy = numbers(3, q.len());
    let [dq, dkv, inferred, y] = cross_passes::<Q, KV>(op, [&queries, &memory], &q, &kv, &dy);
    let of = |op: AttentionOp, q: &[f64], kv: &[f64]| -> Vec<f64> {
        let (s, m) = (queries.ranges(), memory.ranges());
        let parts = s.iter().zip(&m).enumerate();
        parts
            .flat_map(|(i, (a, b))| {
                let (q, kv) = (&q[a.start * Q..a.end * Q], &kv[b.start * KV..b.end * KV]);
                sample(op, i, q, kv, [longest(&s), longest(&m)])
            })
            .collect()
    };
    let (q, kv) = (wide(&q), wide(&kv));
    assert_close("y", &y, &of(plain, &q, &kv), 1e-6);
    assert_close("inferred", &inferred, &of(AttentionOp { dropout: 0.0, ..plain }, &q, &kv), 1e-6);
    assert_close("dq", &dq, &gradient(|q| of(plain, q, &kv), &q, &dy), 2e-6);
    assert_close("dkv", &dkv, &gradient(|kv| of(plain, &q, kv), &kv, &dy), 2e-6);
}

#[test]
fn another_sequence() {
    let op = CrossAttentionOp { heads: 2, kv_heads: 2, head_dim: 2, dropout: 0.0, id: 0 };
    cross::<4, 8>(&[3, 1], &[5, 2], op);
    // The second sample has nothing to see, and the third no queries.
    cross::<4, 8>(&[3, 4, 0], &[40, 0, 2], op);
    cross::<4, 4>(&[3, 36], &[5, 2], CrossAttentionOp { kv_heads: 1, ..op });
    cross::<4, 4>(&[3, 36], &[5, 2], CrossAttentionOp { kv_heads: 1, dropout: 0.4, ..op });
    cross::<1, 2>(&[140], &[135], CrossAttentionOp { heads: 1, kv_heads: 1, head_dim: 1, ..op });
}

/// Adds rows to streams piece by piece; `pieces` has the number of new rows of every stream for each step. Returns the outputs of the
/// streams, one after the other.
fn steps<const N: usize, const M: usize>(
    op: AttentionOp,
    lengths: &Lengths,
    pieces: &[&[usize]],
    capacity: usize,
    x: &[f32],
) -> Vec<f32> {
    let ranges = lengths.ranges();
    on_every_device!(|device| {
        let context = Context::new(device, 0);
        let mut state = device.tensor(&vec![0.0; ranges.len() * op.state_len(capacity)]);
        let (mut past, mut y) = (vec![0_u32; ranges.len()], vec![f32::NAN; lengths.rows() * M]);
        for &piece in pieces {
            let starts = ranges.iter().zip(&past).map(|(range, past)| range.start + *past as usize);
            let new: Vec<Range<usize>> = starts.zip(piece).map(|(start, count)| start..start + count).collect();
            let rows: Vec<f32> = new.iter().flat_map(|rows| x[rows.start * N..rows.end * N].to_vec()).collect();
            let lengths = Lengths::ragged(piece);
            let (ends, rows, device_past) = (lengths.ends_on(device), device.tensor(&rows), device.tensor(&past));
            let streams = crate::tensor::Streams { past: &past, on_device: device_past.buffer(), capacity };
            let mut output = device.output(lengths.rows() * M);
            let (sequences, rows) = (lengths.sequences(&ends), rows.view::<[f32; N]>());
            op.step(&context, sequences, streams, rows, state.data_mut(), output.view_mut::<[f32; M]>());
            let mut output = output.read().into_iter();
            for rows in new {
                y[rows.start * M..rows.end * M].iter_mut().for_each(|y| *y = output.next().unwrap());
            }
            past.iter_mut().zip(piece).for_each(|(past, count)| *past += *count as u32);
        }
        y
    })
}

#[test]
fn steps_equal_the_whole() {
    let op = AttentionOp { heads: 4, kv_heads: 2, head_dim: 2, causal: true, ..PLAIN };
    let lengths = Lengths::ragged(&[9, 12, 2]);
    let x = numbers(1, lengths.rows() * 16);
    // A prompt, single rows, nothing for some streams, and a few rows.
    let pieces: [&[usize]; 5] = [&[6, 0, 1], &[1, 7, 0], &[1, 1, 1], &[0, 3, 0], &[1, 1, 0]];
    for (window, alibi) in [(0, false), (1, false), (3, false), (5, true), (0, true), (40, false)] {
        let op = AttentionOp { window, alibi, ..op };
        let y = steps::<16, 8>(op, &lengths, &pieces, 13, &x);
        assert_close(&format!("{op:?}"), &y, &reference(op, &lengths, &wide(&x)), 1e-6);
    }
    // Prompts of several tiles.
    let (op, lengths) = (AttentionOp { heads: 1, kv_heads: 1, head_dim: 1, ..op }, Lengths::ragged(&[300]));
    let x = numbers(2, 900);
    for window in [0, 7, 150] {
        let op = AttentionOp { window, ..op };
        let y = steps::<3, 1>(op, &lengths, &[&[140], &[1], &[2], &[150], &[7]], 300, &x);
        assert_close(&format!("{op:?}"), &y, &reference(op, &lengths, &wide(&x)), 1e-6);
    }
}
