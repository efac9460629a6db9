//! Compares the code that `model!` generates for small models with `tests/expansions/`. `DL_BLESS=1 cargo test -p dl-macros snapshots`
//! rewrites the files; read them before committing, since generated code is meant to be readable.

use quote::quote;
use std::path::Path;

/// Returns the expansion of `model` as a file, without the probes for editors and the drawing.
fn expanded(model: &str) -> String {
    let tokens: proc_macro2::TokenStream = model.parse().expect("tokens");
    let mut file: syn::File = syn::parse2(crate::expand(quote!([dl] #tokens))).expect("Rust");
    file.items.retain_mut(|item| {
        let attributes = match item {
            syn::Item::Struct(item) => &mut item.attrs,
            syn::Item::Const(item) => &mut item.attrs,
            syn::Item::Mod(item) => &mut item.attrs,
            syn::Item::Macro(item) => &mut item.attrs,
            syn::Item::Fn(item) => &mut item.attrs,
            _ => return true,
        };
        let editors = attributes.iter().any(|attribute| quote!(#attribute).to_string().contains("rust_analyzer"));
        attributes.retain(|attribute| !quote!(#attribute).to_string().contains("drawing !"));
        !editors
    });
    prettyplease::unparse(&file)
}

/// Compares the expansion of `model` with the committed file `name`, or writes it.
fn check(name: &str, model: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expansions").join(format!("{name}.rs"));
    let lines: Vec<String> =
        model.lines().skip(1).map(|line| format!("// {}", line.strip_prefix("    ").unwrap_or(line))).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let text = format!("{}\n\n{}", lines.join("\n").trim_end_matches("//").trim_end(), expanded(model));
    if std::env::var_os("DL_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{name}.rs is not what the macro writes: `DL_BLESS=1 cargo test -p dl-macros snapshots`"
    );
}

/// Returns the part of an expansion from the line with `key` to the line that closes it, without its indentation.
fn passage(text: &str, key: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| line.contains(key)).unwrap_or_else(|| panic!("there is no `{key}`"));
    let depth = |line: &str| line.len() - line.trim_start().len();
    let end = (start..lines.len()).find(|&i| {
        let closes = lines[i].trim_start().starts_with(['}', ')', ']']);
        depth(lines[i]) == depth(lines[start])
            && (i == start && lines[i].ends_with(';') || closes && !lines[i].ends_with('{'))
    });
    let lines = &lines[start..=end.expect("it is closed")];
    let short = |line: &&str| line.get(depth(lines[0])..).unwrap_or_default().to_owned();
    lines.iter().map(short).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_shows_what_the_macro_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("the file can be read");
    let (guide, mlp) = (read("src/guide/expansion.md"), read("tests/expansions/mlp.rs"));
    let mut current = String::new();
    let mut rest = guide.as_str();
    while let Some((before, after)) = rest.split_once("<!-- mlp: ") {
        let (key, after) = after.split_once(" -->").expect("the marker ends");
        let (_, after) = after.split_once("<!-- end -->").expect("the passage ends");
        let passage = passage(&mlp, key);
        current += &format!("{before}<!-- mlp: {key} -->\n\n```rust,ignore\n{passage}\n```\n\n<!-- end -->");
        rest = after;
    }
    current += rest;
    if std::env::var_os("DL_BLESS").is_some() {
        std::fs::write(root.join("src/guide/expansion.md"), current).expect("the file can be written");
        return;
    }
    assert!(current == guide, "src/guide/expansion.md: `DL_BLESS=1 cargo test -p dl-macros snapshots` writes it anew");
}

#[test]
fn an_mlp() {
    check(
        "mlp",
        "
    /// Two layers.
    pub Mlp(x: [8]) -> [3] {
        x -> dense(16) -> relu -> dense(3) as scores
    }
",
    );
}

#[test]
fn a_convolution_with_normalisation() {
    check(
        "convolution",
        "
    Conv(image: [1, 8, 8]) -> [10] {
        image -> conv2d(4, 3, bias: false) -> batch_norm -> relu -> max_pool2d(2) -> flatten -> dense(10)
    }
",
    );
}

#[test]
fn a_block_with_a_shortcut() {
    check(
        "block",
        "
    block basic(x: [c, h, w], channels) {
        let shortcut = if c != channels { x -> conv2d(channels, 1) } else { x };
        let main = x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1);
        (main + shortcut) -> relu
    }

    Net(image: [3, 4, 4]) -> [8, 4, 4] {
        image -> basic(8) as first -> basic(8)
    }
",
    );
}

#[test]
fn a_stack() {
    check(
        "stack",
        "
    Stack(x: [6]) -> [2] {
        x -> repeat 12 { residual { layer_norm -> dense(6) -> gelu } } as layers -> dense(2)
    }
",
    );
}

#[test]
fn a_stack_of_checkpoints() {
    check(
        "checkpoint",
        "
    Deep(x: [6]) -> [2] {
        x -> repeat 12 { checkpoint { residual { batch_norm -> dense(6) -> gelu } } } as layers -> dense(2)
    }
",
    );
}

#[test]
fn a_low_rank_update() {
    check(
        "lora",
        "
    Tuned(x: [6]) -> [2] {
        x -> dense(8, lora: 2, lora_alpha: 3) -> relu -> dense(2)
    }
",
    );
}

#[test]
fn a_recurrent_layer() {
    check(
        "lstm",
        "
    Reader(steps: [12, 4]) -> [3] {
        steps -> lstm(8) -> last -> dense(3)
    }
",
    );
}

#[test]
fn two_inputs_and_two_outputs() {
    check(
        "pair",
        "
    pub Pair(left: [4], right: [3]) -> (sum: [5], difference: [5]) {
        let (a, b) = (left -> dense(5), right -> dense(5));
        (a + b, a - b)
    }
",
    );
}

#[test]
fn a_model_with_its_own_loss() {
    check(
        "loss",
        "
    Autoencoder(image: [6]) -> [6] {
        let code = image -> dense(2);
        code -> dense(6)
    }
    loss {
        mse(output, image) + 0.01 * (code -> square -> mean)
    }
",
    );
}

#[test]
fn a_block_of_a_transformer() {
    check(
        "transformer",
        "
    block layer(x) {
        x -> residual { layer_norm -> attention(4, causal: true, dropout: 0.1) -> dropout(0.1) }
            -> residual { layer_norm -> dense(64) -> gelu -> dense(16) -> dropout(0.1) }
    }

    Gpt(tokens: u32[..=8]) -> [.., 50] {
        tokens -> embedding(50, 16) as wte -> learned_positions -> layer as first -> layer_norm -> unembedding(wte)
    }
",
    );
}

#[test]
fn a_network_on_int8() {
    check(
        "int8",
        "
    #[int8]
    Digits(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8, 3, padding: 1) -> batch_norm -> relu -> max_pool2d(2)
            -> residual { conv2d(8, 3, padding: 1) -> tanh } -> flatten -> dense(10) as logits
    }
",
    );
}

/// Every variable in the expansions is imported as a function. Otherwise it would refer to a constant of that name in the user's
/// module.
#[test]
fn every_variable_hides_what_the_user_has_of_its_name() {
    #[derive(Default)]
    struct Variables(std::collections::BTreeSet<String>);
    fn variables(tokens: proc_macro2::TokenStream, parens: bool, found: &mut Variables) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (i, token) in tokens.iter().enumerate() {
            let is =
                |k: Option<usize>, text: &str| k.and_then(|k| tokens.get(k)).is_some_and(|t| t.to_string() == text);
            let (before, after) = (i.checked_sub(1), Some(i + 1));
            match token {
                proc_macro2::TokenTree::Group(group) => {
                    // A pattern such as `dl::Forward { x, mut y, input: z }: dl::Forward<…>`.
                    if is(after, ":") && group.delimiter() == proc_macro2::Delimiter::Brace {
                        let fields: Vec<_> = group.stream().into_iter().collect();
                        let last = fields.split(|t| t.to_string() == ",").filter_map(|field| field.last());
                        found.0.extend(last.map(ToString::to_string));
                        continue;
                    }
                    variables(group.stream(), group.delimiter() == proc_macro2::Delimiter::Parenthesis, found);
                }
                // Bindings such as `let x =`, `|x|` and `x: &…`.
                proc_macro2::TokenTree::Ident(name) if name != "mut" && !crate::names::is_capitalised(name) => {
                    let taken = is(Some(i + 2), "&") || is(Some(i + 2), "usize");
                    let argument = parens && is(after, ":") && taken;
                    let closure = is(before, "|") && is(after, "|");
                    let bound = (is(before, "let") || is(before, "mut")) && is(after, "=");
                    if closure || bound || argument && !is(before, "pub") {
                        found.0.insert(name.to_string());
                    }
                }
                _ => {}
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let own = std::fs::read_to_string(root.join("dl-core/src/generated.rs")).expect("the file can be read");
    let own = own.split_once("variables! {").and_then(|(_, rest)| rest.split_once('}')).expect("the list").0;
    let own: Vec<&str> = own.split_whitespace().collect();
    for entry in std::fs::read_dir(root.join("tests/expansions")).expect("the folder is there") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("the file can be read");
        let file = syn::parse_file(&text).expect("Rust");
        for item in &file.items {
            let syn::Item::Const(item) = item else { continue };
            let syn::Expr::Block(block) = &*item.expr else { continue };
            let (mut found, mut imported) = (Variables::default(), String::new());
            for statement in &block.block.stmts {
                match statement {
                    syn::Stmt::Item(syn::Item::Use(import)) => imported = quote!(#import).to_string(),
                    syn::Stmt::Item(syn::Item::Impl(item)) => variables(quote!(#item), false, &mut found),
                    _ => {}
                }
            }
            for name in found.0 {
                let known = own.contains(&name.as_str()) || imported.contains(&format!("as {name} "));
                assert!(known || imported.ends_with(&format!("as {name} }} ;")), "`{name}` in {imported}");
            }
        }
    }
}
