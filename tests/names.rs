//! Every word of generated code as the name of everything that a user names: each is a right program.
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types, dead_code)]

#[path = "common/words.rs"]
#[macro_use]
mod words;

/// A module for each word, with models that have it as their only or one of several inputs, as an output, and as a `let`.
macro_rules! values {
    ($module:ident: $($word:ident)*) => { mod $module { $(
        pub mod $word {
            ::dl::model! {
                Only($word: [3]) -> [2] { $word -> dense(4) -> gelu -> dense(2) }
                loss(goal_: u32) { cross_entropy(output, goal_) }

                Several($word: [3], other_: u32) -> ($word: [3], more_: [2]) {
                    let more_ = other_ -> embedding(5, 3);
                    (($word * more_) -> dense(3) -> relu, more_ -> dense(2))
                }
                loss(goal_: u32, far_: [3]) { cross_entropy(more_, goal_) + 0.5 * mse($word, far_) }

                Bound(given_: [3]) -> [2] {
                    let $word = given_ -> dense(3);
                    let more_ = $word -> sigmoid -> dropout(0.5);
                    ($word + more_) -> dense(2)
                }
            }
        }
    )* } };
}
macro_rules! small_values { ($($word:ident)*) => { values! { small_values: $($word)* } } }
macro_rules! layer_values { ($($word:ident)*) => { values! { layer_values: $($word)* } } }
small_words! { small_values }
macro_rules! output_values {
    ($($word:ident)*) => { $(
        ::dl::model! {
            Only($word: [3]) -> [2] { $word -> dense(4) -> gelu -> dense(2) }
            Several($word: [3], d_output: [3]) -> ($word: [3], d_output: [3]) { ($word + d_output, $word * d_output) }
            Bound(x: [3]) -> [2] {
                let $word = x -> dense(2);
                $word
            }
            loss(goal: u32) { cross_entropy($word, goal) }
        }
    )* };
}
outputs_words! { output_values }
layers_words! { layer_values }
