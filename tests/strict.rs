//! Declarations in places and under lints that users have: the generated code adds no warning, no `unsafe` of theirs, and
//! no name to their scope.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused, clippy::all, rust_2018_idioms, unreachable_pub)]

use dl::Model as _;

/// A constant that generated constants must not hide, and a module of the facade's name in generated code.
pub mod config {
    /// The size of a kernel.
    pub const CONV1: usize = 3;
    /// A rate.
    pub const RATE: f32 = 0.25;
}
use config::CONV1;

dl::model! {
    /// Documented, with an attribute.
    #[allow(dead_code)]
    #[derive(Clone)]
    pub Documented(image: [1, 6, 6]) -> [2] {
        image -> conv2d(CONV1 + 1, [CONV1, CONV1], groups: CONV1 - 2) -> elu -> avg_pool2d(2, stride: [1, 2])
            -> dropout(config::RATE) -> flatten -> dense(2, init: uniform(bound: 0.5)) as r#final
    }

    const HALF: f32 = 1.0 / 2.0;
    const FOUR: usize = 2 * TWO;
    const TWO: usize = 2;

    /// Names that generated code has too.
    pub(crate) Names(input: [FOUR]) -> [TWO + 2] {
        let output = input -> dense(4) as net;
        let context = output -> sigmoid -> layer_norm(epsilon: 1e-3);
        let memory = context * input - HALF;
        let n = (1 / (memory * memory + 1)) -> leaky_relu(0.2);
        let d_output = n / (output * output + 2.0);
        let d_n = d_output -> dense(4, bias: false) as device -> relu;
        let saved_n = n -> dense(4) -> layer_norm -> relu;
        let batch = saved_n -> batch_norm;
        let saved_batch = batch -> gelu;
        let d_saved_n = (d_n + saved_batch + batch) -> dense(4) -> relu;
        d_saved_n -> dense(4) as memory
    }
}

/// Models of a macro of the user's own.
macro_rules! mlp {
    ($(#[$attribute:meta])* $name:ident, $inputs:expr, $hidden:literal, $outputs:tt) => {
        dl::model! {
            $(#[$attribute])*
            pub $name(x: [$inputs]) -> [$outputs] { x -> dense($hidden) -> tanh -> dense($outputs) as out }
        }
    };
}
mlp!(
    /// A small one.
    Small, 1 + 2, 5, 1
);

/// A model in a module with nothing imported.
pub mod inner {
    ::dl::model! {
        /// Private fields would be in the way.
        pub(super) Hidden(x: [super::CONV1]) -> [1] { x -> dense(1) }
    }
}

/// A model in a module that has its own idea of common names.
pub mod shadows {
    #![allow(dead_code)]
    /// Not the one of the standard library.
    pub struct Option;
    /// Not the one of the standard library.
    pub struct Some;
    /// Not the one of the standard library.
    pub enum Box {}
    type Result = ();
    trait Model {}
    mod core {}
    mod std {}

    ::dl::model! {
        /// Sees none of them.
        pub Pod(x: [3, 4, 4]) -> [2] {
            let h = x -> conv2d(4, 3, padding: 1) -> batch_norm -> gelu -> dropout(0.5);
            (h + h) -> global_avg_pool2d -> dense(2)
        }

        /// Left out with all its code.
        #[cfg(any())]
        pub Never(x: [3]) -> [2] { x -> dense(2) }
    }
}

#[test]
fn models_are_as_declared() {
    assert_eq!(shadows::Pod::PARAMETERS, 4 * 27 + 4 + 8 + 10);
    assert_eq!(Documented::PARAMETERS, 4 * 9 + 4 + 2 * 4 * 3 * 2 + 2);
    assert_eq!(Documented::init(1).clone().r#final.bias.len(), 2);
    assert_eq!(Names::PARAMETERS, 16 + 4 + 8 + 16 + 20 + 8 + 8 + 20 + 20);
    assert_eq!(Small::PARAMETERS, 15 + 5 + 5 + 1);
    assert_eq!(Small::init(3).out.weight[0].len(), 5);
    assert_eq!(inner::Hidden::init(3).dense1.weight[0].len(), 3);
}

#[test]
fn a_model_inside_a_function() {
    const WIDTH: usize = 7;
    dl::model! {
        Local(x: [2]) -> [WIDTH] { dense(x, WIDTH) }
    }
    assert_eq!(Local::PARAMETERS, 21);
}

#[test]
fn arithmetic_is_what_it_says() {
    dl::model! {
        Numbers(x: [3]) -> [3] {
            let a = 2 * x + 1;
            let b = (3 - x) / 4;
            (a * b - 1 / (x + 5)) -> div(x - 7)
        }
    }
    let net = Numbers::init(0);
    let mut session = dl::Session::on(dl::Cpu::new(), &net, 1).unwrap();
    let x = [0.5f32, -2.0, 4.0];
    let y = *session.predict_one(&x);
    for (x, y) in x.into_iter().zip(y) {
        let x = f64::from(x);
        let expected = ((2.0 * x + 1.0) * ((3.0 - x) / 4.0) - 1.0 / (x + 5.0)) / (x - 7.0);
        assert!((f64::from(y) - expected).abs() < 1e-6, "{y} {expected}");
    }
}
