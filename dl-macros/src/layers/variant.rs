//! Writes the operation of a layer of a family: an enum variant or a struct of the runtime, whose fields are the layer's parameters.

use crate::call::{Call, Setting};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// The operation of a layer, relative to the path of its family.
pub enum Variant {
    /// `Huber` or `Pairs::Contrastive`; its fields have the names of the parameters.
    Named(&'static str),
    /// A variant that depends on the parameters of the use.
    Made(fn(&Call) -> TokenStream),
}

impl Variant {
    /// Writes the operation with the settings of a use.
    pub fn of(&self, call: &Call) -> TokenStream {
        let path = match self {
            Variant::Made(make) => return make(call),
            Variant::Named(path) => path.split("::").map(ident),
        };
        // Words are for the layer itself, which decides what they mean.
        let fields =
            call.settings.iter().filter(|(_, setting)| !matches!(setting, Setting::Choice(_) | Setting::ByLayer));
        let settings: Vec<TokenStream> = fields
            .map(|(name, setting)| {
                let (name, value) = (ident(name), value(setting));
                quote!(#name: #value)
            })
            .collect();
        let settings = (!settings.is_empty()).then(|| quote!({ #(#settings),* }));
        quote!(#(#path)::* #settings)
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Writes a number or an integer.
fn value(setting: &Setting) -> TokenStream {
    match setting {
        Setting::Number(number) => quote!(#number),
        Setting::Integer(n) => {
            let sign = (*n < 0).then(|| quote!(-));
            let size = Literal::u64_unsuffixed(n.unsigned_abs());
            quote!(#sign #size)
        }
        // It was reported as wrong, or does not occur in a family.
        _ => quote!(0.0),
    }
}
