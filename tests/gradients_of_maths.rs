//! Networks of products, broadcasting, slices, reductions and norms: the generated backward pass against differences of the
//! forward pass. What it catches is the macro's: a shape taken for another's, a gradient forgotten or written over.

#[path = "common/differences.rs"]
mod differences;

use differences::check;
use dl::prelude::*;

model! {
    /// Single-head attention with its residual connection, by hand.
    Attention(x: [5, 6]) -> [5, 6] {
        let h = 0.3 * (x -> rms_norm);
        let q = h -> flatten -> dense(20) -> reshape([5, 4]);
        let k = h -> flatten -> dense(20) -> reshape([5, 4]);
        let v = h -> flatten -> dense(30) -> reshape([5, 6]);
        let scores = matmul(q, k -> transpose) / 2.0;
        x + (scores -> softmax(axis: -1) -> matmul(v))
    }

    /// A squeeze-and-excitation block.
    SqueezeExcite(x: [4, 3, 3]) -> [4, 3, 3] {
        let y = x -> conv2d(4, 3, padding: 1) -> group_norm(2, epsilon: 0.5) -> silu;
        let gate = y -> mean(axis: [1, 2]) -> dense(2) -> softsign -> dense(4) -> sigmoid;
        y * (gate -> reshape([4, 1, 1])) + x
    }

    /// A value cut, its parts used more than once and put together again.
    CutAndJoined(x: [8]) -> [12] {
        let h = x -> dense(8) -> tanh;
        let a = h -> slice(0, 4);
        let b = h -> slice(4, 8);
        concat(a * b, a + b, a -> square) + (h -> sum -> reshape([1]))
    }

    /// Sums whose sides are repeated, with gradients that stay where they are and ones that do not.
    Repeated(x: [6]) -> [3, 4] {
        let row = x -> dense(4);
        let column = x -> dense(3) -> reshape([3, 1]);
        let all = x -> dense(12) -> reshape([3, 4]);
        let outer = row * column;
        all - row + column + outer / (all * all + 1.0) - (outer -> mean(axis: 1, keep: true))
    }

    /// Low-rank updates, whose layers compute no gradient of weights that are frozen.
    LowRank(x: [6]) -> [4] { x -> dense(5, lora: 2, lora_alpha: 3) -> tanh -> dense(4, lora: 3) }

    Normalised(x: [2, 6]) -> [2, 6] {
        let a = x -> l2_normalize;
        let b = x -> instance_norm;
        let mean = x -> mean(axis: -1, keep: true);
        let var = (x - mean) -> square -> mean(axis: -1, keep: true);
        (a + b * (x - mean) / ((var + 0.1) -> sqrt)) -> prelu(per_channel: true)
    }

    Turned(x: [2, 3, 4]) -> [4, 2, 3] {
        let y = x -> transpose([2, 0, 1]);
        let z = y -> transpose -> transpose;
        (y * z) -> log_softmax(axis: 0)
    }

    /// Learned factors of features, of rows of them, and of channels.
    Scaled(x: [2, 3, 4]) -> [6, 4] {
        let y = x -> conv2d(2, 1) -> scale(initial: 0.5) -> tanh -> reshape([6, 4]) -> scale;
        y * (y -> flatten -> dense(4) -> scale(initial: -1.5))
    }

    /// Ends of a sequence, and the sequence from its end.
    Ends(x: [4, 3]) -> [3] {
        let y = x -> dense(3) -> tanh;
        let turned = y -> reverse;
        let both = y * turned + turned;
        (both -> first) + (both -> last) * (turned -> first)
    }

    Cumulative(x: [3, 4]) -> [3, 4] {
        let y = x -> dense(4) -> cumsum -> tanh;
        (y -> cumsum(axis: -1)) * y + (y -> cumsum(axis: 1))
    }

    /// Both kinds of positions, of a value that is used again.
    Positions(x: [3, 4]) -> [3, 4] {
        let y = x -> dense(4) -> learned_positions -> tanh;
        let z = y -> sinusoidal_positions(order: halves);
        y * z + (z -> learned_positions)
    }

    Logarithms(x: [5]) -> [5] {
        let y = x -> softplus;
        (y -> log) + (y -> powi(-1)) * (x -> exp) - (x -> clamp(-0.5, 0.5) -> mish) + (x -> abs)
    }
}

macro_rules! check {
    ($($test:ident: $model:ident),* $(,)?) => {$(
        #[test]
        fn $test() {
            check::<$model>();
        }
    )*};
}

check! {
    attention: Attention,
    squeeze_excite: SqueezeExcite,
    cut_and_joined: CutAndJoined,
    low_rank: LowRank,
    repeated: Repeated,
    normalised: Normalised,
    turned: Turned,
    scaled: Scaled,
    ends: Ends,
    cumulative: Cumulative,
    positions: Positions,
    logarithms: Logarithms,
}
