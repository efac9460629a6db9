//! A layer of a family becomes a variant of an enum or a struct of the runtime, with the layer's parameters as its settings.

use crate::call::{Call, Setting};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// The operation of a layer, below the path of its family.
pub enum Variant {
    /// `Huber`, or `Pairs::Contrastive`; its settings are called as the parameters.
    Named(&'static str),
    /// A variant that the use decides.
    Made(fn(&Call) -> TokenStream),
}

impl Variant {
    /// With the settings of a use.
    pub fn of(&self, call: &Call) -> TokenStream {
        let path = match self {
            Variant::Made(make) => return make(call),
            Variant::Named(path) => path.split("::").map(ident),
        };
        let settings = call.settings.iter().map(|(name, setting)| {
            let (name, value) = (ident(name), value(setting));
            quote!(#name: #value)
        });
        let settings = (settings.len() > 0).then(|| quote!({ #(#settings),* }));
        quote!(#(#path)::* #settings)
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A number, or a whole one that may be negative.
fn value(setting: &Setting) -> TokenStream {
    match setting {
        Setting::Number(number) => quote!(#number),
        Setting::Integer(n) => {
            let sign = (*n < 0).then(|| quote!(-));
            let size = Literal::u64_unsuffixed(n.unsigned_abs());
            quote!(#sign #size)
        }
        // Reported, or of no layer of a family.
        _ => quote!(0.0),
    }
}
