//! Tests the parser on right, wrong and random input: it reports mistakes and never panics.

use crate::diagnostics::Diagnostics;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Expands `text` and returns the messages.
fn messages(text: &str) -> Vec<String> {
    run(text.parse().unwrap())
}

fn run(tokens: TokenStream) -> Vec<String> {
    let diagnostics = Diagnostics::default();
    let shapes = crate::emit::probes::Shapes::default();
    let _ = crate::emit::probes::probes(&quote::quote!(dl), tokens.clone(), &shapes, TokenStream::new());
    let file = super::parse(tokens, &diagnostics);
    let constants = crate::lower::constants::Constants::new(&file, &diagnostics);
    for model in &file.models {
        for ir in crate::lower::lower(&file, model, &constants, &diagnostics) {
            let _ = crate::emit::model(&quote::quote!(dl), &[ir], 0);
        }
    }
    diagnostics.messages()
}

const LENET: &str = "
    /// Digits.
    pub(crate) LeNet(image: [1, 28, 28]) -> [10] {
        image -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2) -> conv2d(16, [5, 5]) -> relu -> max_pool2d(2)
            -> flatten -> dense(120, init: he_normal) -> relu -> dense(84) -> relu -> dense(10) as logits
    }
";

/// A text with every construct of the language.
const WHOLE: &str = "
    const WIDE: usize = 6;
    block basic(x: [c, h, w], channels, stride: 1) {
        let shortcut = if stride != 1 || c != channels { x -> conv2d(channels, 1, stride: stride) } else { x };
        ((x -> conv2d(channels, 3, stride: stride, padding: 1)) + shortcut) -> relu
    }
    block stage(x, channels) { x -> basic(channels, stride: 2) -> basic(channels) }
    Net(image: [3, 8, 8]) -> [5] {
        image -> stage(WIDE) as wide -> concat { conv2d(4, 1) -> tanh; conv2d(1, 3, padding: 1); identity }
            -> repeat 3 { residual { batch_norm -> relu -> conv2d(11, 1) } } as blocks -> global_avg_pool2d -> dense(5)
    }
    Pair(left: [4], tokens: u32[3]) -> (sum: [5], difference: [5]) {
        let (a, b) = (left -> dense(5), tokens -> embedding(7, 2) -> flatten -> dense(5));
        (a + b, a - b)
    }
    Joined<const N: usize>(x: [N], t: u32[3]) -> [5] {
        let (sum, difference) = x -> dense(4) -> Pair(t) as pair;
        let inner = x -> crate::parts::Encoder::<N>: [5];
        sum * difference + inner
    }
    loss(class: u32, near: [5]) { cross_entropy(output, class) + 0.5 * mse(near, output) - mae(inner, near) }
";

#[test]
fn a_right_model_has_no_messages() {
    assert_eq!(messages(LENET), Vec::<String>::new());
    assert_eq!(messages(WHOLE), Vec::<String>::new());
}

#[test]
fn mistakes_of_grammar_are_reported_where_they_are_and_the_rest_is_read() {
    let found =
        messages("A(x: [2]) -> [2] { x ->  ; } B(x: [2]) -> [1] { x => dense(1) } C(x: [2]) -> [1] { x -> nope(1) }");
    assert_eq!(
        found,
        ["expected a layer after `->`, found `;`", "an arrow is written `->`", "there is no layer `nope`",]
    );
}

#[test]
fn nothing_at_all_is_a_mistake() {
    assert_eq!(messages(""), ["expected a model: `Name(input: [2]) -> [1] { … }`"]);
    assert_eq!(messages("const A: usize = 3;"), ["expected a model: `Name(input: [2]) -> [1] { … }`"]);
}

#[test]
fn every_prefix_of_a_model_is_read_without_panic() {
    let tokens: Vec<TokenTree> = LENET.parse::<TokenStream>().unwrap().into_iter().collect();
    for end in 0..tokens.len() {
        let found = run(tokens[..end].iter().cloned().collect());
        assert!(!found.is_empty(), "{end} tokens are no model");
    }
    let Some(TokenTree::Group(body)) = tokens.last() else { panic!("a model ends with its body") };
    let body: Vec<TokenTree> = body.stream().into_iter().collect();
    let silent = (0..body.len()).filter(|&end| {
        let mut all = tokens[..tokens.len() - 1].to_vec();
        let part = body[..end].iter().cloned().collect();
        all.push(TokenTree::Group(Group::new(Delimiter::Brace, part)));
        run(all.into_iter().collect()).is_empty()
    });
    // The body without `as logits` is also valid.
    assert_eq!(silent.collect::<Vec<_>>(), [body.len() - 2]);
}

/// A small random number generator (Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

const WORDS: [&str; 39] = [
    "Net",
    "x",
    "h",
    "let",
    "as",
    "const",
    "pub",
    "dense",
    "conv2d",
    "max_pool2d",
    "relu",
    "add",
    "dropout",
    "flatten",
    "batch_norm",
    "softmax",
    "D",
    "usize",
    "f32",
    "u32",
    "crate",
    "self",
    "true",
    "residual",
    "block",
    "loss",
    "repeat",
    "checkpoint",
    "concat",
    "if",
    "else",
    "Encoder",
    "mse",
    "output",
    "padding",
    "same",
    "init",
    "normal",
    "_",
];

fn random(random: &mut Random, depth: usize) -> TokenStream {
    let length = random.below(12);
    (0..length)
        .map(|_| match random.below(10) {
            0..4 => TokenTree::Ident(Ident::new(WORDS[random.below(WORDS.len())], Span::call_site())),
            4 => TokenTree::Literal(match random.below(5) {
                0 => Literal::f64_unsuffixed(0.5),
                1 => Literal::string("text"),
                2 => Literal::u64_unsuffixed(u64::MAX),
                3 => Literal::i8_suffixed(3),
                _ => Literal::usize_unsuffixed(random.below(9)),
            }),
            5 | 6 if depth > 0 => {
                let delimiters = [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None];
                let delimiter = delimiters[random.below(4)];
                TokenTree::Group(Group::new(delimiter, self::random(random, depth - 1)))
            }
            _ => {
                let c = b"->-+*/%:;,=.#<>&|!"[random.below(18)] as char;
                let spacing = if random.below(2) == 0 { Spacing::Joint } else { Spacing::Alone };
                TokenTree::Punct(Punct::new(c, spacing))
            }
        })
        .collect()
}

#[test]
fn random_tokens_never_panic() {
    let mut source = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..3000 {
        run(random(&mut source, 3));
    }
}

#[test]
fn models_with_random_changes_never_panic() {
    let mut source = Random(42);
    for text in [LENET, WHOLE] {
        for _ in 0..1500 {
            let changed = change(text.parse().unwrap(), &mut source);
            run(changed);
        }
    }
}

#[test]
fn models_with_random_omissions_never_panic() {
    let mut source = Random(7);
    for _ in 0..200 {
        run(without_one(WHOLE.parse().unwrap(), &mut source));
    }
}

/// Returns `tokens` without one of them, at any depth, as in a text that is being typed.
fn without_one(tokens: TokenStream, source: &mut Random) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return TokenStream::new();
    }
    let at = source.below(tokens.len());
    match &tokens[at] {
        TokenTree::Group(group) if source.below(8) > 0 => {
            tokens[at] = TokenTree::Group(Group::new(group.delimiter(), without_one(group.stream(), source)));
        }
        _ => {
            tokens.remove(at);
        }
    }
    tokens.into_iter().collect()
}

/// Returns `tokens` with some dropped, doubled or replaced.
fn change(tokens: TokenStream, source: &mut Random) -> TokenStream {
    let mut result = Vec::new();
    for token in tokens {
        match (source.below(24), token) {
            (0, _) => {}
            (1, token) => result.extend([token.clone(), token]),
            (2, _) => result.extend(random(source, 1)),
            (_, TokenTree::Group(group)) => {
                result.push(TokenTree::Group(Group::new(group.delimiter(), change(group.stream(), source))));
            }
            (_, token) => result.push(token),
        }
    }
    result.into_iter().collect()
}

/// Keywords of all editions of Rust, and other unusual names.
const WORDS_OF_RUST: &str = "abstract as async await become box break const continue crate do dyn else enum extern false final \
    fn for gen if impl in let loop macro match mod move mut override priv pub ref return self Self static struct super trait \
    true try type typeof unsafe unsized use virtual where while yield union auto default raw safe macro_rules _ __ é 学 ß ŉ";

#[test]
fn no_word_is_too_much_for_the_macro() {
    let roles = [
        "Net(WORD: [3]) -> [2] { WORD -> dense(2) }",
        "Net(WORD: [3], x: [3]) -> (WORD: [3], y: [3]) { (WORD + x, WORD * x) } loss(WORD: u32, z: [3]) { mse(y, z) }",
        "Net(x: [3]) -> [2] { let WORD = x -> dense(2); WORD -> relu }",
        "Net(x: [3]) -> [2] { let (WORD, b) = (x -> dense(2), x -> dense(2)); WORD + b } loss(WORD: [2]) { mse(output, WORD) }",
        "Net(x: [3]) -> [2] { x -> dense(3) as WORD -> relu -> WORD -> dense(2) -> repeat 2 { dense(2) } as WORD }",
        "block WORD(x, n) { x -> dense(n) } Net(x: [3]) -> [2] { x -> WORD(3) -> WORD(2) }",
        "block b(WORD: [WORD], WORD: 3) { WORD -> dense(WORD) } Net(x: [3]) -> [2] { x -> b -> dense(2) }",
        "const WORD: usize = 3; Net(x: [WORD]) -> [2] { x -> dense(WORD, WORD: 3) -> dense(WORD::WORD) }",
        "WORD<const WORD: usize>(x: [WORD]) -> [2] { x -> WORD<3> as WORD -> WORD::WORD: [3] -> dense(2) }",
        "Net(x: WORD[3]) -> WORD { residual WORD { dense(WORD) } }",
    ];
    for (word, role) in WORDS_OF_RUST.split_whitespace().flat_map(|word| roles.map(|role| (word, role))) {
        run(role.replace("WORD", word).parse().unwrap());
        if let Ok(tokens) = role.replace("WORD", &format!("r#{word}")).parse::<TokenStream>() {
            let written = crate::expand(quote::quote!([dl] #tokens));
            let wrong = written.to_string().contains("compile_error");
            assert!(wrong || syn::parse2::<syn::File>(written).is_ok(), "{role} {word}");
        }
    }
}
