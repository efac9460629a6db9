//! `unembedding(wte)` computes a logit for every token with the weights of an embedding: the tied output layer of language models.
//!
//! Source: Press, Wolf, "Using the Output Embedding to Improve Language Models", EACL 2017. It is a dense layer without a
//! bias whose weights `[vocabulary, features]` are the table of an embedding, which `lower` looks up.

use super::*;

pub struct Unembedding;

impl Layer for Unembedding {
    fn name(&self) -> &'static str {
        "unembedding"
    }
    fn doc(&self) -> Doc {
        let shapes = "`[features]` → `[vocabulary]`, `[t, features]` → `[t, vocabulary]`";
        Doc::new(
            Chapter::Weights,
            shapes,
            "computes a logit for every token: the input times the transposed table of an embedding that `as` named (tied weights)",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[Parameter::positional(
                "embedding",
                Kind::Choice(&[]),
                Default::Required,
                "name that `as` gave to the embedding",
            )]
        }
    }
    fn lowered_as(&self) -> LoweredAs {
        LoweredAs::TiedDense
    }
    fn build(&self, _: &Call) -> Option<Built> {
        unreachable!("`lower` makes it of an embedding")
    }
}
