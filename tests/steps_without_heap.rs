//! A stream that is continued without a heap (`step_into`) gets the numbers of `Session::step`, for every layer that goes along time.

use dl::prelude::*;
use dl::{Cpu, Declared, Pod, PredictSteps, Scratch, Stream};
use std::slice;

/// Returns numbers that look random, between -1 and 1.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

/// The outputs of a session for one new row.
trait OneRow: Default {
    fn numbers(&self) -> &[f32];
}
impl<const N: usize> OneRow for Vec<[f32; N]> {
    fn numbers(&self) -> &[f32] {
        assert_eq!(self.len(), 1);
        &self[0]
    }
}
impl OneRow for [f32; 4] {
    fn numbers(&self) -> &[f32] {
        self
    }
}

/// Shows both ways the same rows, one by one, with weights that are all different. The memory begins with NaN.
fn same<M, X, Y>(seed: u32, rows: &[X])
where
    M: PredictSteps + dl::Steps<Input = Vec<X>, Output = Y> + Model + Declared<Takes = X, Makes: Pod<Element = f32>>,
    X: Pod + Copy,
    Y: OneRow,
{
    let mut net = M::init(u64::from(seed));
    let shifts = numbers(dl::pod::flat(slice::from_ref(&*net)).len(), seed);
    dl::pod::flat_mut(slice::from_mut(&mut *net))
        .iter_mut()
        .zip(shifts)
        .for_each(|(weight, shift)| *weight += 0.3 * shift);

    let mut session = net.session(Cpu::with_threads(1), 1).unwrap();
    let mut state = session.state(1, rows.len()).unwrap();
    let mut scratch = Box::new(Scratch::<M>::new());
    // SAFETY: the memory consists of numbers, of which all bits are values.
    unsafe { std::ptr::from_mut(&mut *scratch).cast::<u8>().write_bytes(0xff, size_of::<Scratch<M>>()) };
    let (mut stream, mut expected) = (Box::new(Stream::<M>::new()), [Y::default()]);
    let mut output = dl::pod::zeroed_box::<M::Makes>();
    for rows in [&rows[..rows.len() / 2], rows] {
        stream.clear();
        state.clear();
        for (t, row) in rows.iter().enumerate() {
            assert_eq!(stream.rows(), t as u64);
            session.step(&mut state, &[vec![*row]], &mut expected).unwrap();
            net.step_into(row, &mut output, &mut stream, &mut scratch);
            let scale = expected[0].numbers().iter().fold(1e-3, |scale: f32, x| scale.max(x.abs()));
            for (i, (y, expected)) in
                dl::pod::flat(slice::from_ref(&*output)).iter().zip(expected[0].numbers()).enumerate()
            {
                assert!((y - expected).abs() <= 1e-5 * scale, "{} row {t}, {i}: {y} is not {expected}", M::NAME);
            }
        }
    }
}

/// Rows of `N` numbers.
fn rows<const N: usize>(len: usize) -> Vec<[f32; N]> {
    numbers(len * N, 7).as_chunks::<N>().0.to_vec()
}

/// A model of sequences, and a test of its steps.
macro_rules! cases {
    ($($test:ident { $name:ident($($declaration:tt)*) -> [$($output:tt)*] { $($body:tt)* } })*) => {$(
        #[test]
        fn $test() {
            model! { $name($($declaration)*) -> [$($output)*] { $($body)* } }
            same::<$name, _, _>(1, &rows(40));
            same::<$name, _, _>(2, &rows(3));
        }
    )*};
}

cases! {
    rnn { Rnn(x: [.., 5]) -> [.., 4] { x -> rnn(4) } }
    rnn_of_relu { RnnOfRelu(x: [.., 5]) -> [.., 4] { x -> rnn(4, activation: relu, layers: 2, bias: false) } }
    lstm { Lstm(x: [.., 5]) -> [.., 7] { x -> lstm(7) } }
    lstm_layers { LstmLayers(x: [.., 5]) -> [.., 6] { x -> lstm(6, layers: 3, dropout: 0.5, bias: false) } }
    lstm_projection { LstmProjection(x: [.., 5]) -> [.., 3] { x -> lstm(6, projection: 3, layers: 2) } }
    gru { Gru(x: [.., 5]) -> [.., 7] { x -> gru(7) } }
    gru_layers { GruLayers(x: [.., 5]) -> [.., 6] { x -> gru(6, layers: 2, bias: false) } }
    convolutions {
        Convolutions(x: [.., 4]) -> [.., 3] {
            x -> conv1d(6, 3, padding: causal, dilation: 2, groups: 2) -> relu -> conv1d(6, 2, padding: causal, bias: false)
              -> conv1d(3, 1) -> tanh
        }
    }
    attention { Attention(x: [..=40, 8]) -> [.., 8] { x -> attention(heads: 2, causal: true) } }
    window { Window(x: [.., 8]) -> [.., 8] { x -> attention(heads: 4, causal: true, window: 5, kv_heads: 2, alibi: true) } }
    wide_window { WideWindow(x: [..=40, 8]) -> [.., 8] { x -> attention(heads: 1, causal: true, window: 64) } }
    rotary { Rotary(x: [.., 8]) -> [.., 8] { x -> attention(heads: 2, causal: true, window: 16, rotary: 10000.0, bias: false) } }
    low_rank { LowRank(x: [..=40, 8]) -> [.., 8] { x -> attention(heads: 2, causal: true, lora: 2) } }
    learned_positions { LearnedPositions(x: [..=40, 6]) -> [.., 6] { x -> learned_positions } }
    sinusoids { Sinusoids(x: [.., 6]) -> [.., 6] { x -> sinusoidal_positions -> sinusoidal_positions(order: halves) } }
    rows_alone {
        RowsAlone(x: [.., 6]) -> [.., 6] {
            let h = x -> dense(8) -> layer_norm -> gelu -> dropout(0.5) -> dense(6) -> stochastic_depth(0.2);
            (h + x) -> rms_norm -> softmax
        }
    }
    last_row { LastRow(x: [.., 6]) -> [4] { x -> gru(5) -> last -> dense(4) -> log_softmax } }
    transformer {
        Transformer(x: [..=40, 8]) -> [.., 4] {
            x -> learned_positions
              -> repeat 3 {
                     residual { layer_norm -> attention(heads: 2, causal: true) }
                     -> residual { layer_norm -> dense(16) -> gelu -> dense(8) }
                 }
              -> dense(4)
        }
    }
    branches { Branches(x: [.., 4]) -> [.., 9] { x -> concat { lstm(3); gru(4); conv1d(2, 3, padding: causal) } } }
    a_value_for_each_row { ForEachRow(x: [.., 4]) -> [.., 4] { let shift = parameter([4], init: normal(1.0)); (x -> rnn(4)) * shift } }
}

#[test]
fn models_inside() {
    model! {
        Inside(x: [.., 6]) -> [.., 6] { x -> Memory as first -> relu -> Memory as second -> repeat 2 { gru(6) -> relu } }
        Memory(x: [.., 6]) -> [.., 6] { x -> lstm(6) -> conv1d(6, 2, padding: causal) }
    }
    same::<Inside, _, _>(1, &rows(20));
}

#[test]
fn tokens() {
    model! {
        Tokens(words: u32[..]) -> [.., 3] { words -> embedding(7, 5) -> gru(3) }
        Letters(letters: u32[..]) -> [4] { letters -> one_hot(7) -> lstm(6) -> last -> dense(4) }
    }
    let words: Vec<u32> = (0..30).map(|i| i * i % 7).collect();
    same::<Tokens, _, _>(1, &words);
    same::<Letters, _, _>(2, &words);
}

#[test]
fn generic_models() {
    model! { Generic<const N: usize, const K: usize>(x: [.., N]) -> [.., K] { x -> rnn(K) -> conv1d(K, 3, padding: causal) -> dense(K) } }
    same::<Generic<5, 6>, _, _>(1, &rows(20));
    same::<Generic<2, 3>, _, _>(2, &rows(20));
}

#[test]
fn a_state_has_a_constant_size() {
    model! {
        Small(x: [.., 5]) -> [.., 4] { x -> lstm(4, layers: 2) -> conv1d(4, 3, padding: causal) -> attention(heads: 2, causal: true, window: 6) }
        Without(x: [.., 5]) -> [.., 4] { x -> dense(4) }
    }
    // The number of rows; two layers with `h` and `c`, two rows of the convolution, six rows with keys and values.
    const _: () = assert!(size_of::<Stream<Small>>() == 8 + 4 * (2 * 2 * 4 + 2 * 4 + 6 * 2 * 4));
    const _: () = assert!(size_of::<Stream<Without>>() == 8);
    static NEW: Stream<Small> = Stream::new();
    assert_eq!(NEW.rows(), 0);
}

#[test]
fn there_is_no_place_beyond_the_largest_length() {
    model! {
        Attentive(x: [..=4, 8]) -> [.., 8] { x -> attention(heads: 2, causal: true) }
        Windowed(x: [..=4, 8]) -> [.., 8] { x -> attention(heads: 2, causal: true, window: 9) }
        Positioned(x: [..=4, 8]) -> [.., 8] { x -> learned_positions }
        Forgetful(x: [..=4, 8]) -> [.., 8] { x -> attention(heads: 2, causal: true, window: 3) }
    }
    fn nans<M: PredictSteps + Model + Declared<Takes = [f32; 8], Makes = [f32; 8]>>() -> Vec<bool> {
        let (net, mut stream, mut scratch, mut y) = (M::init(1), Stream::new(), Scratch::new(), [0.0; 8]);
        let mut step = |row: &[f32; 8], stream: &mut Stream<M>| {
            net.step_into(row, &mut y, stream, &mut scratch);
            assert!(y.iter().all(|number| number.is_nan() == y[0].is_nan()));
            y[0].is_nan()
        };
        let mut found: Vec<bool> = rows(6).iter().map(|row| step(row, &mut stream)).collect();
        stream.clear();
        found.push(step(&[1.0; 8], &mut stream));
        found
    }
    let after_four = [false, false, false, false, true, true, false];
    assert_eq!(nans::<Attentive>(), after_four);
    assert_eq!(nans::<Windowed>(), after_four);
    assert_eq!(nans::<Positioned>(), after_four);
    assert_eq!(nans::<Forgetful>(), [false; 7]);
}
