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

                Several($word: [3], other_: u32) -> ($word: [3], last_: [2]) {
                    let more_ = other_ -> embedding(5, 3);
                    (($word * more_) -> dense(3) -> relu, more_ -> dense(2))
                }
                loss(goal_: u32, far_: [3]) { cross_entropy(last_, goal_) + 0.5 * mse(more_, far_) }

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

macro_rules! int8_values { ($($word:ident)*) => { $(
    mod $word {
        ::dl::model! {
            #[int8]
            Only($word: [1, 4, 4]) -> [2] {
                $word -> conv2d(2, 3, padding: 1) -> batch_norm -> relu -> residual { conv2d(2, 3, padding: 1) -> tanh }
                    -> flatten -> dense(2)
            }

            #[int8]
            Bound(given_: [3]) -> [3] {
                let $word = given_ -> dense(3);
                $word + ($word -> sigmoid)
            }
        }
    }
)* } }
mod int8 {
    int8_words! { int8_values }
}
mod int8_with_other_words {
    few_words! { int8_values }
}

/// The words of the committed expansions are those of the lists: new generated code cannot bring one that nobody tried.
#[test]
fn every_word_of_generated_code_is_tested() {
    let mut known = std::collections::HashSet::new();
    macro_rules! note { ($($word:ident)*) => { known.extend([$(stringify!($word)),*]) } }
    small_words! { note }
    layers_words! { note }
    outputs_words! { note }
    capitals_words! { note }
    int8_words! { note }
    int8_capitals_words! { note }
    qualified_words! { note }
    // Words of Rust and of the language, which name nothing.
    known.extend(
        "as const crate dyn fn for if impl in let loop loss mod mut pub repeat residual self static".split(' '),
    );
    known.extend("struct super type unsafe use Self _ concat checkpoint block true false match else where".split(' '));
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/expansions")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        // Documentation, comments and texts hold no code.
        let code: String = text.split("/**").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
        let code: String = code.lines().map(|line| format!("{}\n", line.split("//").next().unwrap_or(""))).collect();
        let code: String = code.split('"').step_by(2).collect();
        let words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '\'');
        for word in words.filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_')) {
            assert!(known.contains(word), "`{word}` is new in generated code: add it to tests/common/words.rs");
        }
    }
}
