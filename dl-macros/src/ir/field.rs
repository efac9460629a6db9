//! The fields of the generated struct: layers with weights, models, and the structs inside the struct.

use super::ScopeId;
use crate::dim::Dim;
use crate::types::Type;
use proc_macro2::{Ident, TokenStream};

/// A part of the struct that is a struct of its own: a block, or a combinator that `as` names.
pub struct Scope {
    /// The field: `bottleneck1`, or what `as` says.
    pub name: Ident,
    /// The block that its type is named after.
    pub kind: String,
    /// The scope around it.
    pub parent: Option<ScopeId>,
}

/// One field of the struct: a layer with weights, or a model.
pub struct Field {
    /// The part of the struct that it is in.
    pub scope: Option<ScopeId>,
    /// `conv1`, or what `as` says.
    pub name: Ident,
    /// Whether it is a model, which lists its tensors and draws its weights itself.
    pub model: bool,
    /// `dl::layers::Conv2d<1, 6, 5, 5>`.
    pub ty: Type,
    /// In memory order.
    pub tensors: Vec<Tensor>,
    /// Arguments of the field's `init` before `rng`: `dl::Init::PyTorch, dl::Init::PyTorch`.
    pub init: TokenStream,
    /// One line for its documentation: `conv2d(6, 5, padding: 2)`.
    pub text: String,
    /// Trained numbers of a model, where the macro knows them.
    pub parameters: Option<Dim>,
}

impl Field {
    /// Trained numbers; `None` for a model that only rustc knows.
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
    /// `weight`: the field of the layer's struct, and PyTorch's name.
    pub name: &'static str,
    /// PyTorch's dimensions.
    pub shape: Vec<Dim>,
    /// Its role, which decides about weight decay.
    pub role: Role,
}
