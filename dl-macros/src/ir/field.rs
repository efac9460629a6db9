//! Fields of the generated struct: layers with weights, models, and structs for blocks.

use super::ScopeId;
use crate::dim::Dim;
use crate::types::Type;
use proc_macro2::{Ident, TokenStream};
use std::borrow::Cow;

/// A struct inside the struct: a block, or a combinator that `as` names.
pub struct Scope {
    /// The name of the field: `bottleneck1`, or the one that `as` gives.
    pub name: Ident,
    /// Its name in files, if that is another: `layers.0` for the copy `layers0` of a `repeat`.
    pub file: Option<String>,
    /// The name of the block, from which the name of the type is made.
    pub kind: String,
    /// The scope around it.
    pub parent: Option<ScopeId>,
}

/// One field of the struct: a layer with weights, or a model.
pub struct Field {
    /// The scope that contains it; `None` for the struct itself.
    pub scope: Option<ScopeId>,
    /// `conv1`, or the name that `as` gives.
    pub name: Ident,
    /// `true` for a model, which lists its tensors and initialises its weights itself.
    pub model: bool,
    /// `true` for a `parameter`, whose tensor has the name of the field in files, as PyTorch's has.
    pub is_parameter: bool,
    /// `dl::layers::Conv2d<1, 6, 5, 5>`.
    pub ty: Type,
    /// The tensors in memory order.
    pub tensors: Vec<Tensor>,
    /// The arguments of the field's `init` before `rng`: `dl::Init::PyTorch, dl::Init::PyTorch`.
    pub init: TokenStream,
    /// The documentation of the field, in one line: `conv2d(6, 5, padding: 2)`.
    pub text: String,
    /// The number of trained parameters of a model, if the macro knows it.
    pub parameters: Option<Dim>,
    /// `true` if its name is left out of the names of its tensors, which then belong to the scope around it: the projections of
    /// attention, `attention1.q.weight`.
    pub nameless: bool,
}

impl Field {
    /// Returns whether it is a layer with a low-rank update.
    pub fn has_update(&self) -> bool {
        self.tensors.iter().any(|tensor| tensor.member == "lora_b")
    }
    /// Returns the number of trained parameters; `None` for a model that only rustc knows.
    pub fn trained(&self) -> Option<Dim> {
        if self.model {
            return self.parameters.clone();
        }
        let trained = self.tensors.iter().filter(|tensor| tensor.role != Role::Statistic);
        Some(trained.fold(Dim::Known(0), |sum, tensor| sum.add(&Dim::product(&tensor.shape))))
    }
}

/// The role of a tensor: a variant of `dl::Role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Weight,
    Bias,
    Scale,
    Statistic,
}

impl quote::ToTokens for Role {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Role::Weight => quote::quote!(dl::Role::Weight),
            Role::Bias => quote::quote!(dl::Role::Bias),
            Role::Scale => quote::quote!(dl::Role::Scale),
            Role::Statistic => quote::quote!(dl::Role::Statistic),
        });
    }
}

/// One tensor of a field.
pub struct Tensor {
    /// PyTorch's name: `weight`.
    pub name: Cow<'static, str>,
    /// The field of the layer's struct, which mostly has the same name; not read if `after` is set.
    pub member: &'static str,
    /// The dimensions in PyTorch's order.
    pub shape: Vec<Dim>,
    /// The role, which decides whether weight decay applies.
    pub role: Role,
    /// The number of floats of the layer before it, where it is not a field but part of an array.
    pub after: Option<Dim>,
}
