//! Recognises syntax of other languages, reports in one message what to write instead, and skips it.

use super::Parser;
use super::cursor::Cursor;
use crate::ast::{Expr, ExprKind};
use crate::layers::{self, synonyms};
use crate::names::{is_capitalised, is_keyword};
use crate::suggest::suggest;
use proc_macro2::{Delimiter, Ident, TokenTree};

const LOOPS: &str = "there are no loops; `repeat 6 { … }` stacks copies of layers";
const FUNCTIONS: &str =
    "what occurs more than once is a `block` beside the models; functions of Rust stand outside of `model!`";
const ITEMS: &str = "this stands outside of `model!`; a body holds `let`s and an expression";

/// Words that begin syntax that a body cannot contain, with the advice.
const WORDS: &[(&str, &str)] = &[
    ("for", LOOPS),
    ("while", LOOPS),
    ("loop", LOOPS),
    ("match", "the macro chooses by `if … { … } else { … }`"),
    ("fn", FUNCTIONS),
    ("def", FUNCTIONS),
    ("lambda", FUNCTIONS),
    ("const", "constants stand before the models: `const WIDTH: usize = 16;`"),
    ("block", "a block stands beside the models, not in a body"),
    ("static", ITEMS),
    ("struct", ITEMS),
    ("enum", ITEMS),
    ("trait", ITEMS),
    ("impl", ITEMS),
    ("mod", ITEMS),
    ("type", ITEMS),
    ("use", ITEMS),
    ("import", ITEMS),
    ("from", ITEMS),
    ("class", ITEMS),
    ("unsafe", ITEMS),
    ("async", ITEMS),
    ("move", ITEMS),
    ("break", ITEMS),
    ("continue", ITEMS),
    ("yield", ITEMS),
    ("pub", ITEMS),
];

/// The arrows of other languages.
const ARROWS: [&str; 11] = ["=>", "|>", ">>", "~>", "-->", "->", ">", "|", ".", "<-", "==>"];

/// Modules of other libraries, which users write before the names of layers.
pub const MODULES: [&str; 13] =
    ["nn", "torch", "functional", "F", "tf", "keras", "layers", "np", "jnp", "jax", "flax", "candle_nn", "burn"];

/// Signs of other languages, with what to write instead.
const SIGNS: &[(char, &str)] = &[
    ('#', "; a comment begins with `//`"),
    ('@', "; `matmul(a, b)` multiplies matrices"),
    ('?', "; the macro chooses by `if … { … } else { … }`"),
];

/// Returns the advice about the next token if it is a sign of another language, else an empty text.
pub fn sign(cursor: &Cursor) -> &'static str {
    SIGNS.iter().find(|(sign, _)| cursor.is_punct(0, *sign)).map_or("", |(_, help)| help)
}

/// Types of numbers in Rust and Python.
const NUMBERS: [&str; 14] =
    ["usize", "isize", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "int", "float"];

/// Returns whether `name` is a type of elements or sizes in Rust or Python.
pub fn is_type(name: &Ident) -> bool {
    NUMBERS.iter().chain(&["bool"]).any(|ty| name == ty)
}

/// Returns the number of tokens of another language's arrow, if one comes next.
pub fn arrow(cursor: &Cursor) -> Option<usize> {
    let mut run = String::new();
    while let Some(TokenTree::Punct(punct)) = cursor.peek_at(run.len()) {
        run.push(punct.as_char());
    }
    let leads = matches!(cursor.peek_at(run.len()), Some(TokenTree::Ident(word)) if word != "as");
    (leads && !cursor.is_arrow() && ARROWS.contains(&run.as_str())).then_some(run.len())
}

/// Returns whether a module of another library and a dot come next.
pub fn is_module(cursor: &Cursor) -> bool {
    cursor.is_punct(1, '.')
        && matches!(cursor.peek_at(2), Some(TokenTree::Ident(_)))
        && MODULES.iter().any(|module| cursor.is_word(module))
}

impl Parser<'_> {
    /// Skips another language's arrow and returns whether a layer follows; `None` if there is no such arrow. `reported` is true if this
    /// pipe already has a message.
    pub fn foreign_arrow(&self, cursor: &mut Cursor, from: &Expr, reported: &mut bool) -> Option<bool> {
        let length = arrow(cursor)?;
        let (dot, at) = (length == 1 && cursor.is_punct(0, '.'), cursor.span());
        let Some(TokenTree::Ident(name)) = cursor.peek_at(length).cloned() else { return None };
        let (text, number) = (name.to_string(), matches!(from.kind, ExprKind::Number(_)));
        let layer = !dot || layers::find(&text).is_some() || synonyms::LAYERS.iter().any(|(word, _)| text == *word);
        let layer = layer && !number;
        if !*reported {
            self.diagnostics.error(
                at,
                match (dot, layer) {
                    (false, _) => "an arrow is written `->`".to_owned(),
                    (true, true) => format!("an arrow applies a layer: `{from} -> {text}`"),
                    (true, false) if number => "numbers have no methods".to_owned(),
                    (true, false) => {
                        "values have no fields and no methods; an arrow applies a layer: `x -> relu`".to_owned()
                    }
                },
            );
        }
        *reported = true;
        (0..length).for_each(|_| drop(cursor.next()));
        Some(layer)
    }

    /// Reports and skips the module before a layer (`nn.`) and returns the layer's name, or skips all of `self.fc` and returns
    /// `Some(None)`. Returns `None` if there is no such prefix.
    pub fn module(&self, cursor: &mut Cursor) -> Option<Option<Ident>> {
        let own = cursor.is_word("self") && cursor.is_punct(1, '.');
        if own && let Some(TokenTree::Ident(field)) = cursor.peek_at(2).cloned() {
            let message = format!(
                "a body has no `self`; `-> dense(10) as {field}` makes a layer of this name, and `-> {field}` uses it again"
            );
            self.diagnostics.error(cursor.span(), message);
            cursor.skip_to(&['>', ';', ',']);
            return Some(None);
        }
        if !is_module(cursor) {
            let small = matches!(cursor.peek(), Some(TokenTree::Ident(name)) if !is_capitalised(name));
            let camel = |name: &Ident| is_capitalised(name) && name.to_string().contains(char::is_lowercase);
            let (first, second) = (cursor.peek().cloned(), cursor.peek_at(2).cloned());
            if let (true, Some(first), Some(TokenTree::Ident(second))) =
                (small && cursor.is_punct(1, '.'), first, second)
                && camel(&second)
            {
                self.diagnostics.error(first.span(), format!("a path is written with `::`, as in `{first}::{second}`"));
                cursor.skip_to(&['>', ';', ',']);
                return Some(None);
            }
            return None;
        }
        let (at, mut written) = (cursor.span(), String::new());
        while cursor.is_punct(1, '.') && matches!(cursor.peek_at(2), Some(TokenTree::Ident(_))) {
            written += &format!("{}.", cursor.next().map_or(String::new(), |token| token.to_string()));
            cursor.next();
        }
        let name = cursor.take_ident()?;
        let known = layers::all().map(|layer| layer.name());
        let meant = suggest(&name.to_string(), known, synonyms::LAYERS);
        let help = match &meant {
            Some(meant) => format!("`{written}{name}` is `{meant}` here"),
            None => format!("the layers of dl have no module before them, and `{name}` is none of them"),
        };
        self.diagnostics.error(at, help);
        Some(Some(meant.map_or(name.clone(), |meant| Ident::new(&meant, name.span()))))
    }

    /// Reports and skips syntax of another language that begins with a keyword, and returns whether there was any.
    pub fn foreign(&self, cursor: &mut Cursor) -> bool {
        if self.closure(cursor) {
            return true;
        }
        let Some(TokenTree::Ident(word)) = cursor.peek().cloned() else { return false };
        let next = cursor.peek_at(1);
        let call = cursor.is_punct(1, '!') && matches!(cursor.peek_at(2), Some(TokenTree::Group(_)));
        let clause = word == "loss" && cursor.is_group(2, Delimiter::Brace);
        let found = WORDS.iter().find(|(foreign, _)| word == foreign);
        // Keywords of Python may be names here, unless another word follows.
        let group = is_keyword(&word) && matches!(next, Some(TokenTree::Group(_) | TokenTree::Literal(_)));
        let opens = group || matches!(next, Some(TokenTree::Ident(next)) if next != "as");
        let opens = opens || ["break", "continue"].iter().any(|end| word == end);
        let help = match found {
            _ if call => format!("macros of Rust, such as `{word}!`, stand outside of `model!`"),
            _ if clause => "a `loss` clause stands behind the braces of the body".to_owned(),
            Some((_, help)) if opens => (*help).to_owned(),
            _ => return false,
        };
        self.diagnostics.error(word.span(), help);
        // It may declare a name that is used.
        self.names_missing.set(true);
        let braces = !call && !["use", "const", "static", "import", "from", "type"].iter().any(|item| word == item);
        while !cursor.at_end() && !cursor.is_punct(0, ';') {
            if cursor.take_group(Delimiter::Brace).is_some() && braces {
                return true;
            }
            if !cursor.at_end() && !cursor.is_punct(0, ';') {
                cursor.next();
            }
        }
        cursor.take_punct(';');
        true
    }

    /// Reports and skips a closure: `|x| …`.
    fn closure(&self, cursor: &mut Cursor) -> bool {
        if !cursor.is_punct(0, '|') || self.body_kind.get() == super::BodyKind::Header {
            return false;
        }
        let message = "there are no closures; values are computed with `+`, `-`, `*`, `/` and layers: `2.0 * x`";
        self.diagnostics.error(cursor.span(), message);
        cursor.next();
        cursor.skip_to(&['|', ';']);
        cursor.take_punct('|');
        cursor.skip_to(&['>', ';', ',']);
        true
    }

    /// Reports and skips `return`.
    pub fn returns(&self, cursor: &mut Cursor) {
        if cursor.is_word("return") {
            self.diagnostics.error(cursor.span(), "the last expression is the output: remove `return`");
            cursor.next();
        }
    }

    /// Reports and skips `as usize` after a number.
    pub fn conversion(&self, cursor: &mut Cursor) {
        let number = matches!(cursor.peek_at(1), Some(TokenTree::Ident(ty)) if NUMBERS.iter().any(|n| ty == n));
        if cursor.is_word("as") && number {
            self.diagnostics.error(cursor.span(), "numbers are not converted: remove this `as` and the type");
            cursor.next();
            cursor.next();
        }
    }

    /// Reports and skips a word before the name of a model, as in `class Net(x: [2])`.
    pub fn word_before_a_model(&self, cursor: &mut Cursor) {
        let Some(TokenTree::Ident(word)) = cursor.peek().cloned() else { return };
        let name = matches!(cursor.peek_at(1), Some(TokenTree::Ident(name)) if is_capitalised(name));
        let header = cursor.is_group(2, Delimiter::Parenthesis) || cursor.is_punct(2, '<');
        let item = ["block", "loss", "fn", "impl", "enum", "trait", "mod", "use", "type", "static"]
            .iter()
            .any(|item| word == item);
        if name && header && !item && !is_capitalised(&word) {
            self.diagnostics.error(word.span(), format!("a model begins with its name: remove `{word}`"));
            cursor.next();
        }
    }
}
