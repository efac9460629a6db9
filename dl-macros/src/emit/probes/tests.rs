//! Tests the property that editors rely on: the probes of a text and of the text with one more word are equal up to that word.

use super::{Shapes, probes};
use proc_macro2::TokenStream;
use quote::quote;

/// A text with all of the language and some mistakes. There is a space wherever a word may be inserted.
const TEXT: &str = "
    const D : usize = 2 * N ; const N : usize = ;
    block bottleneck ( x : [ c , h , w ] , channels , stride : 1 ) {
        x -> residual { conv2d ( channels , 1 ) -> relu } -> conv2d ( 4 * channels , 1 , stride : stride )
    }
    /// A network.
    pub Net < const IN : usize > ( image : [ 1 , D , D ] , words : u32 [ IN ] ) -> [ 10 ] {
        let hidden = image -> conv2d ( 4 , 3 , padding : same , init : constant ( 0.1 ) ) -> relu ;
        let both = hidden + ( words -> embedding ( N , 4 ) ) * 2 ;
        both -> concat { relu ; conv2d ( 3 , 3 , pad ) -> gelu ( approximate : tanh ) } -> repeat 3 { bottleneck ( 8 ) }
            -> Encoder -> crate :: Other : [ 64 ] as other -> dense ( both , 10 ) as logits -> logits -> linaer ( units = 3 , ) ->
    } loss ( target : u32 ) { let t = cross_entropy ( output , target ) ; 0.5 * t }
    Half ( x : [ 2 ] ) -> { let y = x -> ; z ( w , , v : ) } pub Halfer ( x";

/// Returns the probes of `text`.
fn of(text: &str) -> String {
    let tokens: TokenStream = format!("{text} )").parse().unwrap();
    probes(&quote!(dl), tokens, &Shapes::default(), TokenStream::new()).to_string()
}

/// Returns whether the probes of `text` with a word at `at` are equal to `whole` up to the word, if they contain it.
fn agree(text: &str, at: usize, whole: &str) -> bool {
    let (before, after) = text.split_at(at);
    let with = of(&format!("{before}marker{after}"));
    let common = with.bytes().zip(whole.bytes()).take_while(|(a, b)| a == b).count();
    with.find("marker").is_none_or(|found| common >= with[..found].rfind(' ').unwrap_or(0))
}

#[test]
fn a_longer_word_changes_nothing_before_it() {
    let whole = of(TEXT);
    let words = TEXT.match_indices([' ', '\n']).map(|(end, _)| end);
    let words = words.filter(|end| {
        TEXT[..*end].rsplit([' ', '\n']).next().is_some_and(|word| word.starts_with(|c: char| c.is_alphabetic()))
    });
    // A longer keyword becomes a name, so its probes do change.
    let keyword = |end: usize| {
        let word = TEXT[..end].rsplit([' ', '\n']).next().unwrap();
        ["const", "block", "let", "as", "loss", "u32", "crate", "residual", "concat", "repeat"].contains(&word)
    };
    for end in words.filter(|end| !keyword(*end)) {
        assert!(agree(TEXT, end, &whole), "…{}|", &TEXT[end.saturating_sub(30)..end]);
    }
}

#[test]
fn a_new_word_changes_nothing_before_it() {
    let whole = of(TEXT);
    let mut tried = 0;
    for (space, _) in TEXT.match_indices(' ') {
        let after = TEXT[space..].trim_start();
        let open = TEXT[..space].ends_with(['>', ',', ';', '{', '(', '=', '+', '*', '[', ':']);
        if open && after.starts_with(['-', ';', ',', ')', ']', '}']) {
            tried += 1;
            assert!(agree(TEXT, space, &whole), "…{}|", &TEXT[space.saturating_sub(30)..space]);
        }
    }
    assert!(tried >= 5, "{tried}");
}

#[test]
fn names_are_found_where_they_mean_something() {
    let text = of(TEXT);
    for part in [
        "let image : dl :: private :: language :: Tensor",
        "let _ : dl_layers :: Net :: conv2d ;",
        "padding : dl :: private :: language :: given ({ use dl :: private :: language :: arguments :: words :: Padding :: * ; same ; })",
        "let _ : Encoder ;",
        "let _ : crate :: Other ;",
        "let _ : dl_layers :: Net :: logits ;",
        "pub struct logits { }",
        "pub struct bottleneck { pub channels : dl :: private :: language :: arguments :: Size",
        "let c : usize",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
