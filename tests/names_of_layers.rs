//! Every word of generated code as the name of a layer, a block, a stack and a target: each is a right program.
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types, dead_code)]

#[path = "common/words.rs"]
#[macro_use]
mod words;

/// As a layer that is used again, a block, and what the loss takes beside the inputs; as a stack.
macro_rules! layers_and_blocks {
    ($($word:ident)*) => { mod layers_ { $(
        pub mod $word {
            ::dl::model! {
                block $word(a_: [n_], b_: [n_], wide_) { (a_ + b_) -> dense(wide_) -> relu }

                Aimed(given_: [3]) -> [2] {
                    given_ -> $word(given_, 3) -> $word(given_, 3) -> dense(2)
                }
                loss($word: [2], whole_: u32) { mse(output, $word) + cross_entropy(output, whole_) }

                Named(given_: [3]) -> [2] { given_ -> dense(3) as $word -> relu -> $word -> dense(2) }

                Stacked(given_: [3]) -> [3] { given_ -> repeat 2 { residual { dense(3) } } as $word }
            }
        }
    )* } };
}
small_words! { layers_and_blocks }
macro_rules! output_layers {
    ($($word:ident)*) => { $(
        ::dl::model! {
            block $word(x, wide) { x -> dense(wide) }
            Named(x: [3]) -> [2] { x -> $word(3) -> dense(3) as output -> repeat 2 { dense(3) } -> output -> dense(2) }
            loss(goal: u32) { cross_entropy(output, goal) }
        }
    )* };
}
outputs_words! { output_layers }

/// As the value, the parameter and a dimension of a block; as a constant.
macro_rules! sizes {
    ($($word:ident)*) => { mod sizes_ { $(
        pub mod $word {
            ::dl::model! {
                block inner_($word: [n_], wide_) { $word -> dense(n_) -> residual { relu -> dense(wide_) } as kept_ }
                block square_(a_: [$word]) { a_ -> dense($word) }
                block sized_(a_, $word: 3) { a_ -> dense($word) }

                Blocks(given_: [3]) -> [3] { given_ -> inner_(3) -> square_ -> sized_ -> sized_(3) }
            }
            ::dl::model! {
                const $word: usize = 3;
                Sized(given_: [$word]) -> [2] { given_ -> dense(2 * $word) -> dense(2) }
            }
        }
    )* } };
}
few_words! { sizes }
