//! Models beside items of the user's that are called like every word of generated code: constants, statics, functions, structs,
//! traits, modules and macros; and all of it runs.
#![allow(
    clippy::upper_case_acronyms,
    non_snake_case,
    non_upper_case_globals,
    non_camel_case_types,
    dead_code,
    unused_macros,
    static_mut_refs
)]

use dl::Objective;
use dl::prelude::{Cpu, Sgd};

#[path = "common/words.rs"]
#[macro_use]
mod words;

/// Models with something of everything.
macro_rules! models {
    () => {
        ::dl::model! {
            block inner_(x: [n], wide) { x -> dense(wide) -> relu }

            Rich_(x: [2, 4, 4], words: u32[3]) -> (first: [3], second: [2]) {
                let h = x -> conv2d(2, 3, padding: 1) -> batch_norm -> relu -> flatten -> dense(3) as out;
                let d_h = words -> embedding(7, 1) as table -> flatten -> dropout(0.1);
                let sum = (h + d_h) -> inner_(3) -> repeat 2 { residual { layer_norm -> dense(3) -> gelu } } as layers;
                (sum -> Generic_<3> as generic, sum -> Single_ as single)
            }
            loss(goal: u32, aim: [3]) { cross_entropy(second, goal) + 0.5 * mse(first, aim) }

            Single_(image: [3]) -> [2] { image -> dense(3) -> Scaled_: [3] as scaled -> gelu -> dense(2) }
            loss(goal: u32) { cross_entropy(output, goal) }

            #[int8]
            Small_(image: [1, 4, 4]) -> [2] {
                image -> conv2d(2, 3, padding: 1) -> batch_norm -> relu -> residual { conv2d(2, 3, padding: 1) -> tanh } -> flatten -> dense(2)
            }

            Generic_<const WIDE: usize>(x: [WIDE]) -> [WIDE] { x -> dense(WIDE) -> layer_norm -> dropout(0.5) }
        }
        ::dl::layer! {
            /// Written by hand.
            pub struct Scaled_ {
                /// One for each feature.
                pub factor: [::std::primitive::f32; 3] as Scale,
            }
        }
        impl ::dl::Layer for Scaled_ {
            type Input = [::std::primitive::f32; 3];
            type Output = [::std::primitive::f32; 3];
            fn init(&mut self, _: &mut ::dl::init::Rng) {
                self.factor = [1.0; 3];
            }
            fn forward(&self, in_: &[Self::Input], out_: &mut [Self::Output]) {
                super::scale(&self.factor, in_, out_);
            }
            fn backward(
                &self,
                _: &[Self::Input],
                _: &[Self::Output],
                d_out_: &[Self::Output],
                _: &mut Self,
                d_in_: &mut [Self::Input],
            ) {
                super::scale(&self.factor, d_out_, d_in_);
            }
        }
        pub fn run_() -> ::std::vec::Vec<::std::primitive::f32> {
            let given_ = RichInput_ { x: [[[0.5; 4]; 4]; 2], words: [1, 2, 6] };
            super::run::<Rich_>(given_, RichTarget_ { goal: 1, aim: [0.1, 0.2, 0.3] })
        }
        use Rich_Input as RichInput_;
        use Rich_Target as RichTarget_;
    };
}

fn scale(factor: &[f32; 3], from: &[[f32; 3]], to: &mut [[f32; 3]]) {
    for (from, to) in from.iter().zip(to) {
        (0..3).for_each(|i| to[i] = factor[i] * from[i]);
    }
}

/// The losses of some steps.
fn run<M: Objective>(input: M::Input, target: M::Target) -> Vec<f32> {
    let mut training = M::init(3).training(Cpu::with_threads(1), 1).unwrap().seed(5);
    let (inputs, targets, sgd) = ([input], [target], Sgd::new(0.1));
    let losses = (0..3).map(|_| {
        training.forward(&inputs).unwrap();
        let loss = training.objective(&targets).unwrap();
        training.backward();
        training.step(&sgd).unwrap();
        loss
    });
    losses.collect()
}

mod plain {
    models! {}
}

macro_rules! beside {
    ($module:ident: $item:ident) => {
        mod $module {
            small_words! { $item }
            layers_words! { $item }
            outputs_words! { $item }
            capitals_words! { $item }
            int8_words! { $item }
            int8_capitals_words! { $item }
            wide_! { $item }
            models! {}
        }
    };
}
macro_rules! wide_ {
    ($item:ident) => {
        $item! { WIDE scaled generic table goal }
    };
}
macro_rules! constants { ($($word:ident)*) => { $(pub const $word: u8 = 3;)* } }
macro_rules! statics { ($($word:ident)*) => { $(pub static $word: u8 = 3;)* } }
macro_rules! functions { ($($word:ident)*) => { $(pub fn $word() {})* } }
macro_rules! structs { ($($word:ident)*) => { $(pub struct $word;)* } }
macro_rules! tuples { ($($word:ident)*) => { $(pub struct $word(u8);)* } }
macro_rules! traits { ($($word:ident)*) => { $(pub trait $word {})* } }
macro_rules! modules { ($($word:ident)*) => { $(pub mod $word {})* } }
macro_rules! macros { ($($word:ident)*) => { $(macro_rules! $word { () => {} })* } }
beside! { constant: constants }
beside! { static_: statics }
beside! { function: functions }
beside! { struct_: structs }
beside! { tuple: tuples }
beside! { trait_: traits }
beside! { module: modules }
beside! { macro_: macros }

#[test]
fn no_item_of_the_users_changes_a_model() {
    let losses = plain::run_();
    assert!(losses[2] < losses[0], "{losses:?}");
    let others = [
        constant::run_(),
        static_::run_(),
        function::run_(),
        struct_::run_(),
        tuple::run_(),
        trait_::run_(),
        module::run_(),
        macro_::run_(),
    ];
    others.iter().for_each(|other| assert_eq!(*other, losses));
}
