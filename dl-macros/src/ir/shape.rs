//! Shapes of values, and the Rust types for them.

use crate::diagnostics::Message;
use crate::dim::Dim;
use crate::types::Type;
use proc_macro2::TokenStream;

/// The element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `f32`.
    F32,
    /// `u32`: classes and tokens.
    U32,
}

/// The shape of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The element type.
    pub element: Element,
    /// The length of a sequence, whose rows have the dimensions `dims`. Operations on rows take the rows as the batch.
    pub length: Option<Length>,
    /// The dimensions, outermost first.
    pub dims: Vec<Dim>,
    /// The struct that holds several values side by side; `dims` is then the number of its elements.
    pub record: Option<Type>,
    /// `true` for an image in blocks of eight channels, which only inference has.
    pub in_blocks: bool,
}

/// A run-time dimension: the length of the sequences of an input.
#[derive(Clone, Debug)]
pub struct Length {
    /// The index among the lengths of the model.
    pub index: usize,
    /// The name of the input, if there are several lengths to tell apart.
    pub name: Option<String>,
    /// The declared bound.
    pub bound: Option<Dim>,
}

impl PartialEq for Length {
    fn eq(&self, other: &Length) -> bool {
        self.index == other.index
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..", self.name.as_deref().unwrap_or_default())
    }
}

impl Shape {
    /// Writes the type of one sample: that of its rows in a `Vec` for a sequence.
    pub fn sample_ty(&self) -> TokenStream {
        let ty = self.ty();
        if self.length.is_some() { quote::quote!(dl::Vec<#ty>) } else { ty }
    }
    /// Writes the sizes as a list; a run-time dimension is `dl::RUN_TIME`.
    pub fn sizes(&self) -> TokenStream {
        let length = self.length.iter().map(|_| quote::quote!(dl::RUN_TIME));
        let dims = self.dims.iter().map(|dim| quote::quote!(#dim));
        let sizes = length.chain(dims);
        quote::quote!(&[#(#sizes),*])
    }
    /// Returns the shape with the length of another.
    pub fn with_length(mut self, length: Option<Length>) -> Self {
        self.length = length;
        self
    }
    /// Writes the type of one value of a view, which is a row of a sequence: `[[[f32; 28]; 28]; 1]`, or `f32` for a shape without dimensions.
    pub fn ty(&self) -> TokenStream {
        if let Some(record) = &self.record {
            return quote::quote!(#record);
        }
        let element = match self.element {
            Element::F32 => quote::quote!(f32),
            Element::U32 => quote::quote!(u32),
        };
        let ty = self.dims.iter().rev().fold(element, |inner, dim| quote::quote!([#inner; #dim]));
        if self.in_blocks { quote::quote!(dl::ChannelBlocks<#ty>) } else { ty }
    }
    /// Returns the shape of a struct of several values.
    pub fn record(ty: Type, parts: &[Shape]) -> Self {
        let len = parts.iter().fold(Dim::Known(0), |sum, part| sum.add(&part.len()));
        Shape { element: Element::F32, length: None, dims: vec![len], record: Some(ty), in_blocks: false }
    }
    /// Returns the number of elements.
    pub fn len(&self) -> Dim {
        Dim::product(&self.dims)
    }
}

/// Writes the shape as a user declares it: `[1, 28, 28]`, `u32[128]`.
impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.element == Element::U32 {
            f.write_str("u32")?;
        }
        let dims = self.length.iter().map(Length::to_string).chain(self.dims.iter().map(Dim::to_string));
        write!(f, "[{}]", dims.collect::<Vec<_>>().join(", "))
    }
}

/// Writes the shape in a message, in which rustc may fill in numbers.
impl From<&Shape> for Message {
    fn from(shape: &Shape) -> Self {
        if shape.dims.is_empty() && shape.length.is_none() {
            return Message::from(if shape.element == Element::U32 { "one number of type u32" } else { "one number" });
        }
        let mut message = Message::from(if shape.element == Element::U32 { "u32[" } else { "[" });
        if let Some(length) = &shape.length {
            message.push(length.to_string());
        }
        for (i, dim) in shape.dims.iter().enumerate() {
            if i > 0 || shape.length.is_some() {
                message.push(", ");
            }
            message.push(dim);
        }
        message.push("]");
        message
    }
}
