//! Every word of generated code that begins with a capital as the name of a model, a parameter, a constant and a type: each is
//! a right program.
#![allow(clippy::upper_case_acronyms, non_snake_case, non_upper_case_globals, non_camel_case_types, dead_code)]

#[path = "common/words.rs"]
#[macro_use]
mod words;

/// As a model that stands in another; as a parameter, beside a type of its name; as a constant of the macro and of outside.
macro_rules! sizes {
    ($($word:ident)*) => { $(
        mod $word {
            pub mod model {
                ::dl::model! {
                    $word(image_: [3], mask_: [2]) -> (near_: [2], far_: [3]) {
                        let both_ = (image_ -> dense(2)) + mask_;
                        (both_ -> layer_norm, both_ -> inner_(3))
                    }
                    block inner_(a_, wide_) { a_ -> dense(wide_) -> relu }

                    pub Outer_(given_: [3]) -> [3] {
                        let (near_, far_) = given_ -> $word(given_ -> dense(2)) as within_;
                        far_ + (near_ -> dense(3))
                    }
                }
            }
            pub mod parameter {
                pub struct $word;
                ::dl::model! {
                    Generic_<const $word: usize>(given_: [$word]) -> [$word] {
                        given_ -> dense($word) -> gelu -> repeat 2 { layer_norm -> dense($word) } -> dropout(0.5)
                    }
                    Outer_(given_: [3]) -> [3] { given_ -> Generic_<3> as within_ -> relu }
                }
            }
            pub mod constant {
                ::dl::model! {
                    const $word: usize = 3;
                    Net_(given_: [$word]) -> [2] { given_ -> dense($word) -> batch_norm -> dense(2) }
                }
            }
            pub mod outside {
                pub const $word: usize = 3;
                ::dl::model! {
                    Net_(given_: [$word]) -> [2] { given_ -> dense($word) -> gelu -> dense($word) as conv1 -> dense(2) }
                }
            }
            pub mod elsewhere {
                use super::model::Outer_ as $word;
                ::dl::model! {
                    Net_(given_: [3]) -> [3] { given_ -> $word: [3] -> dense(3) }
                }
            }
        }
    )* };
}
capitals_words! { sizes }
