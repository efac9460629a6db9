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
    /// The dimensions, outermost first.
    pub dims: Vec<Dim>,
    /// The struct that holds several values side by side; `dims` is then the number of its elements.
    pub record: Option<Type>,
}

impl Shape {
    /// Writes the type of one sample: `[[[f32; 28]; 28]; 1]`, or `f32` for a shape without dimensions.
    pub fn ty(&self) -> TokenStream {
        if let Some(record) = &self.record {
            return quote::quote!(#record);
        }
        let element = match self.element {
            Element::F32 => quote::quote!(f32),
            Element::U32 => quote::quote!(u32),
        };
        self.dims.iter().rev().fold(element, |inner, dim| quote::quote!([#inner; #dim]))
    }
    /// Returns the shape of a struct of several values.
    pub fn record(ty: Type, parts: &[Shape]) -> Self {
        let len = parts.iter().fold(Dim::Known(0), |sum, part| sum.add(&part.len()));
        Shape { element: Element::F32, dims: vec![len], record: Some(ty) }
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
        let dims: Vec<String> = self.dims.iter().map(Dim::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}

/// Writes the shape in a message, in which rustc may fill in numbers.
impl From<&Shape> for Message {
    fn from(shape: &Shape) -> Self {
        if shape.dims.is_empty() {
            return Message::from(if shape.element == Element::U32 { "one number of type u32" } else { "one number" });
        }
        let mut message = Message::from(if shape.element == Element::U32 { "u32[" } else { "[" });
        for (i, dim) in shape.dims.iter().enumerate() {
            if i > 0 {
                message.push(", ");
            }
            message.push(dim);
        }
        message.push("]");
        message
    }
}
