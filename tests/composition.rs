//! Networks made of parts: blocks, combinators, models in models, several inputs and outputs, their own losses, parameters.
//! Every form against differences of the forward pass, and the structs and names that users see.
#![allow(missing_docs)]

#[path = "common/differences.rs"]
mod differences;

use differences::{check, check_objective};
use dl::prelude::*;

model! {
    const WIDE: usize = 6;

    block basic(x: [c, h, w], channels, stride: 1) {
        let shortcut = if stride != 1 || c != channels {
            x -> conv2d(channels, 1, stride: stride, bias: false)
        } else {
            x
        };
        let main = x -> conv2d(channels, 3, stride: stride, padding: 1) -> tanh -> conv2d(channels, 3, padding: 1);
        (main + shortcut) -> tanh
    }

    block stage(x, channels, stride: 1) {
        x -> basic(channels, stride: stride) -> basic(channels)
    }

    ResNet(image: [3, 6, 6]) -> [5] {
        image -> conv2d(4, 3, padding: 1) -> stage(4) -> stage(6, stride: 2) as wide -> global_avg_pool2d -> dense(5)
    }

    Stack(x: [6]) -> [6] {
        x -> dense(6) -> repeat 3 { residual { layer_norm -> dense(8) -> gelu -> dense(6) } } as blocks -> dense(6)
    }

    StackFirst(x: [6]) -> [6] {
        x -> repeat 2 { tanh -> dense(6) }
    }

    Nested(x: [6]) -> [6] {
        let y = x -> repeat 2 { repeat 2 { residual { dense(6) -> tanh } } -> dense(6) };
        y + (y -> residual { residual { dense(6) } -> sigmoid })
    }

    Pair(left: [4], right: [3]) -> (sum: [5], difference: [5]) {
        let (a, b) = (left -> dense(5), right -> dense(5) -> tanh);
        (a + b, a - b)
    }

    /// An output that the body goes on with, another twice, and an input.
    Reused(x: [4]) -> (h: [4], again: [4], input: [4], rest: [2]) {
        let h = x -> dense(4) -> tanh;
        (h, h, x, h -> dense(2))
    }

    Encoder(x: [6]) -> (mean: [2], log_variance: [2]) {
        let h = x -> dense(8) -> silu;
        (h -> dense(2) as mean_of, h -> dense(2) as log_variance_of)
    }

    Twice(x: [6]) -> [2] {
        let (a, b) = x -> Encoder as encoder;
        let (c, d) = (x * 2.0) -> encoder;
        a * b + c - d
    }

    Inner(x: [6]) -> [6] {
        x -> dense(6) -> tanh
    }

    /// The same model three times in a row, and once where its input is used again.
    Shared(x: [6]) -> [6] {
        let h = x -> Inner as inner -> inner -> inner;
        h + (h -> inner) * x
    }

    Joined(x: [4], y: [3]) -> [5] {
        let (sum, difference) = x -> Pair(y);
        let (other, rest) = Pair(x * 0.5, y);
        sum * difference + other - rest
    }

    Cat(x: [2, 4, 4]) -> [7, 4, 4] {
        x -> concat { conv2d(4, 1) -> tanh; conv2d(1, 3, padding: 1); identity }
    }

    /// Gates as in a gated linear unit, and maps by channel.
    Parts(x: [6, 2, 2]) -> [5] {
        let (a, gate, rest) = x -> split([2, 2, 2]);
        let (left, right) = (a * (gate -> sigmoid)) -> split([1, 1], axis: -1);
        concat(left -> flatten, right -> flatten, rest -> flatten) -> dense(5)
    }

    CatOfValues(x: [4]) -> [9] {
        let (a, b) = (x -> dense(2), x -> dense(3));
        concat(a, b, x)
    }

    Tuned<const IN: usize, const HIDDEN: usize>(x: [IN]) -> [3] {
        x -> dense(HIDDEN) -> tanh -> residual { dense(HIDDEN) -> layer_norm } -> dense(WIDE / 2)
    }

    Tuner(x: [5]) -> [3] {
        x -> Tuned<5, 7> as tuned
    }

    /// Rows of a sequence, each by the same weights, and an output layer that is the embedding.
    Tied(tokens: u32[5], x: [5, 3]) -> [5, 7] {
        let h = (tokens -> embedding(7, 3) as table) + x;
        h -> residual { layer_norm -> dense(6) -> gelu -> dense(3) } -> unembedding(table)
    }

    /// Numbers on the condition of a class.
    Conditional(class: u32, x: [3]) -> [4] {
        concat(class -> one_hot(2), x) -> dense(4) as mixed -> tanh
    }

    /// A model without weights takes no memory, so that what comes after it lies at its place.
    Plain(x: [6]) -> [6] {
        x -> tanh
    }

    AroundPlain(x: [6]) -> [6] {
        let h = x -> Plain as first -> dense(6);
        h + (h -> Plain as second -> repeat 2 { sigmoid } as third -> dense(6))
    }

    Generic<const N: usize>(x: [N]) -> [N] {
        x -> repeat 2 { residual { dense(N) -> tanh } } -> Tuned<N, N> -> dense(N)
    }
}

mod written {
    //! Layers of the user's own.

    dl::layer! {
        /// `weight·x²` for each feature.
        pub struct Squares<const N: usize> {
            /// One for each feature.
            pub weight: [f32; N] as Weight,
        }
    }

    impl<const N: usize> dl::Layer for Squares<N> {
        type Input = [f32; N];
        type Output = [f32; N];
        const MULTIPLY_ADDS: u64 = 2 * N as u64;

        fn init(&mut self, rng: &mut dl::init::Rng) {
            self.weight.iter_mut().for_each(|w| *w = 0.5 + rng.uniform());
        }
        fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
            for (x, y) in inputs.iter().zip(outputs) {
                (0..N).for_each(|i| y[i] = self.weight[i] * x[i] * x[i]);
            }
        }
        fn backward(
            &self,
            inputs: &[[f32; N]],
            _: &[[f32; N]],
            d_outputs: &[[f32; N]],
            d_weights: &mut Self,
            d_inputs: &mut [[f32; N]],
        ) {
            for ((x, dy), dx) in inputs.iter().zip(d_outputs).zip(d_inputs) {
                for i in 0..N {
                    d_weights.weight[i] += dy[i] * x[i] * x[i];
                    dx[i] = 2.0 * dy[i] * self.weight[i] * x[i];
                }
            }
        }
    }

    dl::layer! {
        /// No weights: the order of the features turned round.
        pub struct Reverse {}
    }

    impl dl::Layer for Reverse {
        type Input = [f32; 6];
        type Output = [f32; 6];
        fn init(&mut self, _: &mut dl::init::Rng) {}
        fn forward(&self, inputs: &[[f32; 6]], outputs: &mut [[f32; 6]]) {
            outputs.copy_from_slice(inputs);
            outputs.iter_mut().for_each(|y| y.reverse());
        }
        fn backward(
            &self,
            _: &[[f32; 6]],
            _: &[[f32; 6]],
            d_outputs: &[[f32; 6]],
            _: &mut Self,
            d_inputs: &mut [[f32; 6]],
        ) {
            d_inputs.copy_from_slice(d_outputs);
            d_inputs.iter_mut().for_each(|d| d.reverse());
        }
    }
}

model! {
    WithWritten(x: [6]) -> [3] {
        let h = x -> written::Squares<6>: [6] as squares -> tanh;
        let r = h -> written::Reverse: [6] -> dense(6);
        (r + h) -> squares -> repeat 2 { written::Squares<6>: [6] -> sigmoid } -> dense(3)
    }
}

// What a model costs is known to the compiler.
const _: () = assert!(WithWritten::PARAMETERS == 6 + 42 + 12 + 21);
const _: () = assert!(ResNet::MULTIPLY_ADDS < 60_000);
const _: () = assert!(ResNet::INFERENCE_MEMORY.bytes(1) < 12_000 && ResNet::TRAINING_MEMORY.bytes(32) < 200_000);

model! {
    Autoencoder(image: [6]) -> (reconstruction: [6], mean: [2]) {
        let h = image -> dense(5) -> tanh;
        let (mean, log_variance) = (h -> dense(2), h -> dense(2));
        let z = mean + ((log_variance * 0.5) -> exp) * 0.3;
        (z -> dense(6), mean)
    }
    loss {
        let fit = mse(reconstruction, image);
        fit + 0.25 * kl_normal(mean, log_variance) - 2 * 0.5 * mse(log_variance, mean)
    }

    Classifier(x: [4]) -> [3] { x -> dense(3) }
    loss(class: u32, near: [3]) { cross_entropy(output, class) + 0.5 * mse(near, output) }

    /// The loss reads what is no output, and the output has no part in it.
    Aside(x: [4]) -> [3] {
        let h = x -> dense(5) -> tanh;
        h -> dense(3)
    }
    loss(target: [5]) { mse(h, target) + 0.5 * mse(h, target) }
}

macro_rules! check {
    ($($test:ident: $model:ty),* $(,)?) => {$(
        #[test]
        fn $test() {
            check::<$model>();
        }
    )*};
}

check! {
    blocks_of_blocks: ResNet,
    a_stack: Stack,
    a_stack_that_is_first: StackFirst,
    stacks_in_stacks: Nested,
    several_inputs_and_outputs: Pair,
    outputs_used_again: Reused,
    a_model_with_two_outputs: Encoder,
    a_model_twice: Twice,
    a_model_used_again: Shared,
    a_model_with_two_inputs: Joined,
    branches_side_by_side: Cat,
    values_side_by_side: CatOfValues,
    values_in_parts: Parts,
    parameters: Tuned<4, 5>,
    a_model_with_parameters_inside: Tuner,
    a_stack_with_parameters: Generic<3>,
    layers_written_by_hand: WithWritten,
    a_layer_written_by_hand_alone: written::Squares<5>,
    a_layer_without_weights_alone: written::Reverse,
    models_without_weights: AroundPlain,
}

#[test]
fn an_objective_of_three_terms() {
    check_objective::<Autoencoder>(&[[]; 4]);
    let names: Vec<_> = Autoencoder::TERMS.iter().map(|term| (term.name, term.weight)).collect();
    assert_eq!(names, [("fit", 1.0), ("kl_normal", 0.25), ("mse", -1.0)]);
}

#[test]
fn an_objective_with_two_targets() {
    let target = |class, x| ClassifierTarget { class, near: [x, 0.5, -x] };
    check_objective::<Classifier>(&[target(0, 0.1), target(2, 0.7), target(1, -0.4)]);
}

#[test]
fn terms_of_one_value_are_one() {
    assert_eq!(Aside::TERMS, [dl::Term { name: "mse", weight: 1.0 }, dl::Term { name: "mse2", weight: 0.5 }]);
    check_objective::<Aside>(&[[0.3; 5]; 3]);
}

/// Inputs of whole numbers and others in one struct, and one table of weights in two layers.
#[test]
fn an_embedding_tied_to_the_output() {
    assert_eq!(Tied::PARAMETERS, 7 * 3 + 6 + 24 + 21);
    let sample = |k: u32| {
        let mut sample = TiedInput { tokens: [k, 6, 0, k, 3], x: [[0.0; 3]; 5] };
        differences::noise(k, sample.x.as_flattened_mut());
        sample
    };
    let (inputs, targets) = ([sample(1), sample(2), sample(5)], [[[0.1; 7]; 5]; 3]);
    let mut net = Tied::init(3);
    let mut d_net = Tied::init(0);
    let of = |net: &Tied, d_net: Option<&mut Tied>| {
        let mut training = net.training(Cpu::new(), 3).unwrap().with_input_gradients().unwrap();
        training.forward(&inputs).unwrap();
        let loss = training.loss(&dl::loss::Mse, &targets).unwrap();
        if let Some(d_net) = d_net {
            training.backward();
            training.gradients(d_net).unwrap();
            let mut d_inputs = inputs;
            training.input_gradients(&mut d_inputs).unwrap();
            assert!(d_inputs[2].x.as_flattened().iter().all(|d| *d != 0.0));
        }
        f64::from(loss)
    };
    of(&net, Some(&mut d_net));
    for seed in 0..3 {
        let mut direction = vec![0.0; Tied::PARAMETERS];
        differences::noise(10 + seed, &mut direction);
        let expected = differences::slope(&mut |by| {
            differences::nudge(dl::pod::flat_mut(std::slice::from_mut(&mut *net)), &direction, by);
            of(&net, None)
        });
        let gradient = dl::pod::flat(std::slice::from_ref(&*d_net));
        differences::compare::<Tied>("weights", gradient, &direction, expected);
    }
    let all = Tied::init(3).predict(&inputs);
    assert_eq!(all[1], *Tied::init(3).predict_one(&inputs[1]));
}

#[test]
fn whole_numbers_out_of_range_are_found_where_they_enter() {
    let target = |class| ClassifierTarget { class, near: [0.0; 3] };
    let mut training = Classifier::init(1).training(Cpu::new(), 2).unwrap();
    training.forward(&[[0.5; 4]; 2]).unwrap();
    let error = training.objective(&[target(0), target(3)]).unwrap_err();
    assert!(matches!(error, dl::Error::LabelOutOfRange { sample: 1, label: 3, classes: 3 }), "{error}");
    let data = dl::data::Dataset::new(vec![[0.5; 4]; 3], vec![target(2), target(1), target(9)]).unwrap();
    let error = Trainer::new(Adam::new(1e-3)).quiet().fit(&mut Classifier::init(1), &data).unwrap_err();
    let dl::Error::DataSet { set: "training set", source } = error.error() else { panic!("{error}") };
    assert!(matches!(**source, dl::Error::LabelOutOfRange { sample: 2, label: 9, classes: 3 }), "{error}");
    let samples = [6, 7].map(|token| TiedInput { tokens: [token; 5], x: [[0.0; 3]; 5] });
    let error = Tied::init(1).training(Cpu::new(), 2).unwrap().forward(&samples).unwrap_err();
    assert!(matches!(error, dl::Error::TokenOutOfRange { sample: 1, token: 7, vocabulary: 7 }), "{error}");
}

#[test]
fn what_users_see() {
    let names = |tensors: dl::Tensors| tensors.iter().map(|tensor| tensor.name).collect::<Vec<_>>();
    let resnet = names(ResNet::TENSORS);
    assert!(resnet.contains(&"wide.basic2.conv1.weight".to_owned()), "{resnet:?}");
    let net = ResNet::init(1);
    assert_eq!((net.stage1.basic1.conv1.weight.len(), net.wide.basic1.conv1.weight.len()), (4, 6));
    assert_eq!(names(Stack::TENSORS)[10], "blocks.1.dense1.weight");
    assert_eq!(Stack::init(1).blocks.len(), 3);
    let inner = &Twice::init(1).encoder;
    assert_eq!(inner.predict_one(&[0.5; 6]).mean.len(), 2);
    let sample = PairInput { left: [1.0; 4], right: [2.0; 3] };
    let pair = Pair::init(1);
    let (one, many) = (pair.predict_one(&sample), pair.predict(&[sample; 3]));
    assert_eq!(many[2].difference, one.difference);
    assert_eq!(Tuned::<4, 5>::PARAMETERS, 4 * 5 + 5 + 5 * 5 + 5 + 10 + 3 * 5 + 3);
    assert_eq!(Joined::PARAMETERS, 2 * Pair::PARAMETERS);
    assert_eq!(Shared::MULTIPLY_ADDS, 4 * Inner::MULTIPLY_ADDS);
}

#[test]
fn a_model_with_parts_is_saved_and_loaded() {
    let net = Generic::<3>::init(5);
    let bytes = net.to_bytes().unwrap();
    let again = Generic::<3>::from_bytes(&bytes).unwrap();
    assert_eq!(net.predict_one(&[1.0, 2.0, 3.0]), again.predict_one(&[1.0, 2.0, 3.0]));
}

#[test]
fn classes_become_vectors_without_a_gradient() {
    let net = Conditional::init(4);
    let x = [0.5, -1.0, 2.0];
    let inputs = [0, 1].map(|class| ConditionalInput { class, x });
    let outputs = net.predict(&inputs);
    for (class, output) in outputs.iter().enumerate() {
        for (y, (row, bias)) in output.iter().zip(net.mixed.weight.iter().zip(net.mixed.bias)) {
            let sum = row[class] + row[2..].iter().zip(&x).map(|(w, x)| w * x).sum::<f32>() + bias;
            assert!((y - sum.tanh()).abs() < 1e-6, "class {class}");
        }
    }
    // The weights of a class learn from the samples of that class alone.
    let mut training = net.training(Cpu::new(), 1).unwrap();
    training.forward(&inputs[1..]).unwrap();
    training.loss(&dl::loss::Mse, &[[0.0; 4]]).unwrap();
    training.backward();
    let mut d_net = Conditional::init(0);
    training.gradients(&mut d_net).unwrap();
    assert!(d_net.mixed.weight.iter().all(|row| row[0] == 0.0 && row[1] != 0.0));
    let error = net.training(Cpu::new(), 1).unwrap().forward(&[ConditionalInput { class: 2, x }]).unwrap_err();
    assert_eq!(error.to_string(), "sample 0: label 2 is out of range; with 2 classes, labels are 0 to 1");
    assert!(net.predict(&[ConditionalInput { class: 2, x }])[0].iter().all(|y| y.is_nan()));
}
