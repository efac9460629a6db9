//! The drawing of a model in its documentation. `declare!` writes the graph as tokens, and only rustdoc expands `drawing!`, which
//! lays it out; ordinary builds do not pay for the layout.

use dl_drawing::{Graph, Layer, Source};
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser, Result};
use syn::punctuated::Punctuated;
use syn::{LitInt, LitStr, Token, bracketed, parenthesized};

/// Writes a graph in the syntax that [`drawn`] parses: the inputs, and for every layer its two lines of text, the number of copies,
/// its inputs and the layers inside it.
pub fn tokens(Graph { inputs, layers }: &Graph) -> TokenStream {
    let layers = layers.iter().map(|Layer { title, note, reads, inside, copies }| {
        let inside = inside.iter().map(tokens);
        let reads = reads.iter().map(|source| match source {
            Source::Input(k) => quote!(- #k),
            Source::Layer(i) => quote!(#i),
        });
        quote!(#title #note #copies (#(#reads),*) [#(#inside)*])
    });
    quote!((#(#inputs),*) #(#layers)*)
}

/// Returns the drawing of the graph in `input` as the string of a `doc` attribute.
pub fn drawn(input: TokenStream) -> TokenStream {
    let graph = match graph.parse2(input) {
        Ok(graph) => graph,
        Err(error) => return error.into_compile_error(),
    };
    // Markdown passes a `div` through unchanged up to the next empty line.
    let text = format!("\n\n<div style=\"overflow-x: auto\">{}</div>\n\n", dl_drawing::inline(&graph));
    quote!(#text)
}

fn graph(input: ParseStream<'_>) -> Result<Graph> {
    let inputs;
    parenthesized!(inputs in input);
    let inputs = Punctuated::<LitStr, Token![,]>::parse_terminated(&inputs)?.iter().map(LitStr::value).collect();
    let mut layers = Vec::new();
    while !input.is_empty() {
        layers.push(layer(input)?);
    }
    Ok(Graph { inputs, layers })
}

fn layer(input: ParseStream<'_>) -> Result<Layer> {
    let (title, note) = (input.parse::<LitStr>()?.value(), input.parse::<LitStr>()?.value());
    let copies = number(input)?;
    let (reads, inside);
    parenthesized!(reads in input);
    bracketed!(inside in input);
    let reads = Punctuated::<Source, Token![,]>::parse_terminated_with(&reads, source)?.into_iter().collect();
    let inside = if inside.is_empty() { None } else { Some(graph(&inside)?) };
    Ok(Layer { title, note, reads, inside, copies })
}

fn source(input: ParseStream<'_>) -> Result<Source> {
    match input.parse::<Option<Token![-]>>()? {
        Some(_) => number(input).map(Source::Input),
        None => number(input).map(Source::Layer),
    }
}

fn number(input: ParseStream<'_>) -> Result<usize> {
    input.parse::<LitInt>()?.base10_parse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenTree;

    /// Returns the tokens inside the first `drawing!` in `tokens`.
    fn asked(tokens: TokenStream) -> Option<TokenStream> {
        let mut named = false;
        for token in tokens {
            let TokenTree::Group(group) = token else {
                named = named && token.to_string() == "!" || token.to_string() == "drawing";
                continue;
            };
            if named {
                return Some(group.stream());
            }
            if let Some(found) = asked(group.stream()) {
                return Some(found);
            }
        }
        None
    }

    #[test]
    fn only_who_asks_for_a_drawing_has_it_laid_out() {
        let model = quote! {
            [dl]
            Pair(left: [4], right: [4]) -> [1] {
                let a = left -> Tower as tower;
                let b = right -> tower;
                (a * b) -> dense(1)
            }
            Tower(x: [4]) -> [4] { x -> repeat 3 { residual { dense(4) -> relu } } }
        };
        let expansion = crate::expand(model);
        assert!(!expansion.to_string().contains("svg"));
        let graph = asked(expansion).expect("the struct has a drawing");
        let text = drawn(graph.clone()).to_string();
        for words in ["<svg", "left [4]", "right [4]", "repeat 3", "a * b", "dense(1)"] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
        let read = super::graph.parse2(graph.clone()).unwrap();
        assert_eq!(read.layers[2].reads, [Source::Layer(0), Source::Layer(1)]);
        assert_eq!(read.layers[1].reads, [Source::Input(1)]);
        assert_eq!(tokens(&read).to_string(), graph.to_string());
    }
}
