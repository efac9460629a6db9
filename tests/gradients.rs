//! Whole networks of every form that a directed acyclic graph takes: the generated backward pass against differences of the
//! forward pass, for the weights and for the input. What it catches is the macro's: a gradient forgotten, added twice, or
//! written over by the memory plan.

#[path = "common/differences.rs"]
mod differences;

use differences::check;
use dl::prelude::*;

model! {
    Chain(x: [6]) -> [4] {
        x -> dense(8) -> tanh -> dense(8) -> gelu -> dense(8) -> silu -> dense(4)
    }

    Residual(x: [6]) -> [4] {
        let a = x -> dense(6) -> sigmoid;
        let b = a + (a -> dense(6) -> tanh);
        let c = b + (b -> dense(6) -> gelu) + a;
        c -> dense(4)
    }

    Arithmetic(x: [6]) -> [6] {
        let a = x -> dense(6);
        let b = a -> softplus;
        let c = (a * b - x / b) * 0.5 + 1.0;
        let d = 2.0 / (c * c + 3.0) - a;
        (d + d) * (1.0 - x)
    }

    WeightsBesideNone(x: [6]) -> [6] {
        let a = x -> gelu -> softmax -> softplus;
        let b = a + (a -> softplus(beta: 2) -> dense(6));
        b -> dense(6)
    }

    InputTwice(x: [6]) -> [6] {
        let y = x * x + x;
        (y -> dense(6) -> tanh) + x - y
    }

    Weightless(x: [6]) -> [6] {
        let y = x -> tanh;
        (y * y + y) -> softmax -> sigmoid
    }

    FirstLayersWithoutWeights(x: [2, 3]) -> [5] {
        x -> tanh -> flatten -> silu -> dense(5)
    }

    Shared(x: [6]) -> [6] {
        let a = x -> dense(6) as twice -> tanh;
        a -> twice -> tanh
    }

    OutputReused(x: [6]) -> [6] {
        let a = x -> dense(6);
        let b = a -> tanh -> dense(6) -> tanh;
        a + b
    }

    Images(x: [2, 7, 6]) -> [3] {
        let a = x -> conv2d(4, 3, padding: 1) -> tanh;
        let b = (a + (a -> conv2d(4, 3, padding: 1, groups: 2, bias: false) -> gelu)) -> avg_pool2d(2);
        let c = b -> conv2d(5, [2, 1], stride: [1, 2], dilation: 1) -> silu;
        (c -> global_avg_pool2d -> dense(3)) + (c -> flatten -> layer_norm -> dense(3))
    }

    Normalised(x: [3, 4, 4]) -> [2] {
        let a = x -> conv2d(4, 3) -> batch_norm -> tanh;
        (a + (a -> batch_norm)) -> flatten -> dense(6) -> batch_norm -> sigmoid -> dense(2)
    }

    Flat(x: [2, 3]) -> [6] {
        x -> flatten
    }
}

// Drawn by a random generator of networks, a few hundred of which were compared like this.
model! {
    DrawnOne(x: [3, 4, 4]) -> [3] {
        let v0 = x -> conv2d(3, [3, 1], padding: [1, 0]) -> gelu -> tanh -> avg_pool2d(3, stride: 1, padding: 1);
        let w0 = x -> global_avg_pool2d -> dense(6);
        let v1 = w0 * (w0 -> dense(6) as s0);
        let v2 = w0 -> flatten -> sigmoid;
        let v3 = v2 -> flatten -> s0 -> s0;
        (v0 -> flatten -> dense(3)) + (v1 -> dense(3)) + (v3 -> dense(3))
    }

    DrawnTwo(x: [3, 4, 4]) -> [3] {
        let v0 = x - (x -> gelu -> avg_pool2d(3, stride: 1, padding: 1) -> batch_norm);
        let w0 = v0 -> global_avg_pool2d -> dense(6);
        let v1 = x -> conv2d(3, 1, bias: false) -> tanh -> conv2d(3, 3, padding: same, groups: 3);
        let v2 = (w0 -> dense(6) as s0) - (w0 -> s0 -> layer_norm(epsilon: 1e-2));
        let v3 = (v1 -> conv2d(3, 1, bias: false) -> tanh -> conv2d(3, 3, padding: 1) -> avg_pool2d(3, stride: 1, padding: 1)) + v1;
        (v2 -> dense(3)) + (v3 -> global_avg_pool2d -> dense(3))
    }

    DrawnThree(x: [6]) -> [3] {
        let v0 = x -> dense(6) -> gelu -> dense(6) -> silu;
        let v1 = v0 -> dense(6) as s0 -> gelu -> softplus;
        let v2 = v1 / 0.5 + x;
        let v3 = v0 -> layer_norm -> dense(6) as s1 -> dense(6);
        (v2 -> dense(3)) + (v3 -> dense(3))
    }

    DrawnFour(x: [3, 4, 4]) -> [3] {
        let v0 = x -> layer_norm -> batch_norm -> tanh;
        let v1 = v0 -> softmax;
        let v2 = v1 - (v1 -> avg_pool2d(3, stride: 1, padding: 1) -> conv2d(3, 3, padding: 1));
        let v3 = (v2 -> tanh) + v0;
        (v3 -> flatten -> dense(3))
    }

    DrawnFive(x: [3, 4, 4]) -> [3] {
        let v0 = (x -> conv2d(3, 3, padding: same, groups: 3) -> avg_pool2d(3, stride: 1, padding: 1) -> conv2d(3, 3, padding: same, groups: 3)) + (x -> gelu -> softmax -> conv2d(3, 1, bias: false) -> tanh);
        let v1 = v0 + (v0 -> softplus -> conv2d(3, 3, padding: same, groups: 3));
        (v1 -> global_avg_pool2d -> dense(3))
    }

    DrawnSix(x: [6]) -> [6] {
        let v0 = 0.5 * x - x;
        let v1 = x -> dense(6) as s0;
        let v2 = 2 - v1 * v0;
        let v3 = (v1 -> flatten) + v0;
        let v4 = v2 -> dense(6) as s1 -> gelu(approximate: tanh);
        v3 + v4
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
    a_chain: Chain,
    residual_connections: Residual,
    arithmetic_on_values_and_numbers: Arithmetic,
    a_branch_with_weights_and_one_without: WeightsBesideNone,
    the_input_used_again: InputTwice,
    no_weights_at_all: Weightless,
    first_layers_without_weights: FirstLayersWithoutWeights,
    weights_used_twice: Shared,
    a_value_before_the_output: OutputReused,
    images: Images,
    normalised: Normalised,
    nothing_but_a_reshape: Flat,
    drawn_one: DrawnOne,
    drawn_two: DrawnTwo,
    drawn_three: DrawnThree,
    drawn_four: DrawnFour,
    drawn_five: DrawnFive,
    drawn_six: DrawnSix,
}
