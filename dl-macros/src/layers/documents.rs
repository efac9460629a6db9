//! Writes the tables of the guide and the editor's documentation of every layer, and tests that the files are current.
//! `DL_BLESS=1 cargo test -p dl-macros documents` rewrites them.

use super::*;
use std::fmt::Write;
use std::path::Path;

/// The combinators that are not also layers, with their documentation.
const COMBINATORS: [(&str, &str); 3] = [
    ("residual", "`residual { … }` adds its input to the output of the chain in braces: a skip connection."),
    (
        "repeat",
        "`repeat 6 { … }` applies 6 copies of the chain in braces one after the other, each with weights of its own.",
    ),
    (
        "checkpoint",
        "`checkpoint { … }` keeps no value inside the braces for the backward pass, which computes them again: less memory for more time.",
    ),
];

const SAME: &str = "Zero padding such that the output has the size of the input, as in Keras; it needs a stride of 1";

/// The words that arguments of these kinds accept, with their documentation.
const WORDS: [(&str, &[(&str, &str)]); 3] = [
    ("Padding", &[("same", SAME), ("valid", "No padding: the same as `0`")]),
    (
        "Border",
        &[
            ("same", SAME),
            ("valid", "No padding: the same as `0`"),
            ("causal", "Zeros on the left alone, so that each output sees its place and those before it"),
        ],
    ),
    (
        "Init",
        &[
            ("pytorch", "PyTorch's default for this layer: uniform in ±1/√fan_in"),
            ("he_normal", "Normal distribution of variance 2 / fan_in (He et al., 2015): for relu"),
            ("he_uniform", "Uniform distribution of variance 2 / fan_in (He et al., 2015): for relu"),
            (
                "xavier_normal",
                "Normal distribution of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010): for tanh",
            ),
            (
                "xavier_uniform",
                "Uniform distribution of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010): for tanh",
            ),
            ("zeros", "Every element is 0"),
            ("ones", "Every element is 1"),
            ("constant", "`constant(value)`: every element is `value`"),
            ("normal", "`normal(std)`: normal distribution of mean 0 and standard deviation `std`"),
            ("uniform", "`uniform(bound)`: uniform distribution from `-bound` to `bound`"),
        ],
    ),
];

#[test]
fn the_tables_of_the_guide_are_current() {
    let path = "src/guide/layers.md";
    let mut rest = read(path);
    let mut guide = String::new();
    let mut chapters = Vec::new();
    while let Some(start) = rest.find("<!-- layers: ") {
        let head = start + rest[start..].find('\n').unwrap();
        let name = rest[start..head].trim_start_matches("<!-- layers: ").trim_end_matches(" -->").to_owned();
        let end = rest[head..].find("<!-- end -->").expect("every table has an end") + head;
        let layers = all().filter(|layer| format!("{:?}", layer.doc().chapter) == name);
        let rows: String = layers.map(row).collect();
        let table = "| layer | arguments | input → output | |\n|---|---|---|---|";
        let _ = write!(guide, "{}\n\n{table}\n{rows}\n", &rest[..head]);
        rest.drain(..end);
        chapters.push(name);
    }
    guide.push_str(&rest);
    for layer in all() {
        let chapter = format!("{:?}", layer.doc().chapter);
        assert!(chapters.contains(&chapter), "the guide has no table for `{}`: {chapter}", layer.name());
    }
    compare(path, &guide);
}

#[test]
fn the_editors_layers_are_current() {
    compare("src/language/layers.rs", &editor_layers());
}

/// Writes every layer as a documented struct for editors.
fn editor_layers() -> String {
    let mut text =
        head("Declares every layer as a struct whose fields are its arguments", "use super::arguments::*;\n\n");
    for (name, doc) in COMBINATORS {
        let _ = write!(text, "/// {doc}\npub struct {name} {{}}\n\n");
    }
    for layer in all() {
        let (name, Doc { shapes, line, .. }) = (layer.name(), layer.doc());
        let _ = write!(
            text,
            "/// `{}` {line}.
///
/// Shapes: {shapes}.
pub struct {name} {{",
            usage(layer)
        );
        for parameter in layer.parameters() {
            let (about, value) = (sentence(parameter.doc), value(parameter));
            let field = format!("pub {}: {},", parameter.name, kind(parameter));
            let _ = write!(text, "\n    /// {about}.\n    ///\n    /// {value}.\n    {field}");
        }
        text.push_str(if layer.parameters().is_empty() { "}\n\n" } else { "\n}\n\n" });
    }
    text
}

#[test]
fn the_editors_arguments_are_current() {
    compare("src/language/arguments.rs", &editor_arguments());
}

/// Writes every kind of argument as a documented struct for editors, and its words as constants.
fn editor_arguments() -> String {
    let mut text = head("Declares the kinds of arguments that layers take, and the words that some of them accept", "");
    let parameters = || all().flat_map(|layer| layer.parameters());
    let mut kinds: Vec<(String, String)> = Vec::new();
    for parameter in parameters() {
        let about = match parameter.kind {
            Kind::Choice(_) => "One of several words".to_owned(),
            kind => sentence(&kind.expected()),
        };
        if !kinds.iter().any(|(known, _)| *known == kind(parameter)) {
            kinds.push((kind(parameter), about));
        }
    }
    for (kind, about) in &kinds {
        let _ = write!(text, "/// {about}.\npub struct {kind};\n\n");
    }
    text.push_str("/// The words that arguments accept, a module for each argument.\npub mod words {\n");
    for (kind, words) in WORDS.iter().filter(|(kind, _)| kinds.iter().any(|(known, _)| known == kind)) {
        text.push_str(&module(kind, kind, words));
    }
    for layer in all() {
        for parameter in layer.parameters() {
            if let Kind::Choice(words) = parameter.kind
                && !words.is_empty()
            {
                let words: Vec<(&str, &str)> = words.iter().map(|choice| (choice.word, choice.doc)).collect();
                text.push_str(&module(&format!("{}_{}", layer.name(), parameter.name), "Choice", &words));
            }
        }
    }
    text + "}\n"
}

/// Returns the text that editors show for the argument `name` of `layer`.
fn shown<'a>(text: &'a str, layer: &str, name: &str) -> &'a str {
    let start = text.find(&format!("pub struct {layer} {{")).unwrap();
    let end = start + text[start..].find(&format!("pub {name}: ")).unwrap();
    let lines = text[start..end].rfind("\n    pub ").or(text[start..end].find("{\n")).unwrap();
    &text[start + lines..end]
}

#[test]
fn arguments_are_explained_in_the_terms_of_the_field() {
    let text = editor_layers();
    for (layer, name, terms) in [
        ("conv2d", "groups", ["number of groups that the channels are divided into", "the default is `1`"]),
        ("conv1d", "groups", ["input channels of its group alone", "the default is `1`"]),
        ("conv2d", "dilation", ["distance between neighbouring kernel elements", "`[height, width]`"]),
        ("conv_transpose2d", "dilation", ["distance between neighbouring kernel elements", "the default is `1`"]),
        ("gelu", "approximate", ["formula for `Φ`", "`none` or `tanh`; the default is `none`"]),
        ("upsample", "mode", ["interpolation", "`nearest` or `bilinear`; the default is `nearest`"]),
    ] {
        let shown = shown(&text, layer, name).to_lowercase();
        for term in terms {
            assert!(shown.contains(&term.to_lowercase()), "`{term}` is not in the text of `{layer}({name})`: {shown}");
        }
    }
}

#[test]
fn every_word_has_a_text_of_its_own() {
    let text = editor_arguments();
    for (module, word, term) in [
        ("gelu_approximate", "none", "The exact `Φ`"),
        ("gelu_approximate", "tanh", "The approximation `½(1 + tanh("),
        ("upsample_mode", "nearest", "Nearest-neighbour interpolation"),
        ("upsample_mode", "bilinear", "Bilinear interpolation"),
        ("pad2d_mode", "reflect", "The image mirrored"),
        ("Padding", "same", "output has the size of the input"),
    ] {
        let start = text.find(&format!("pub mod {module} {{")).unwrap();
        let end = start + text[start..].find(&format!("pub const {word}: ")).unwrap();
        let doc = text[start..end].lines().rev().nth(1).unwrap();
        assert!(doc.contains(term), "`{term}` is not in the text of `{word}`: {doc}");
    }
    for parameter in all().flat_map(|layer| layer.parameters()) {
        let Kind::Choice(words) = parameter.kind else { continue };
        for (i, word) in words.iter().enumerate() {
            let others = words[..i].iter().map(|other| other.doc).chain([parameter.doc]);
            assert!(others.clone().all(|other| other != word.doc), "`{}` has the text of another word", word.word);
        }
    }
}

/// Returns the beginning of a generated file.
fn head(about: &str, uses: &str) -> String {
    let names = "non_camel_case_types, non_snake_case, non_upper_case_globals";
    format!(
        "//! {about}.\n//!\n//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.\n\n\
         #![allow({names}, reason = \"names of the language\")]\n#![allow(missing_docs)]\n\n{uses}"
    )
}

/// Writes a module with `words` as constants of the type `kind`.
fn module(name: &str, kind: &str, words: &[(&str, &str)]) -> String {
    let mut text = format!("    pub mod {name} {{\n        use super::super::{kind};\n\n");
    for (word, about) in words {
        let _ = writeln!(text, "        /// {}.\n        pub const {word}: {kind} = {kind};", sentence(about));
    }
    text + "    }\n"
}

/// Writes a layer with its required parameters: `conv2d(channels, kernel)`.
fn usage(layer: &dyn Layer) -> String {
    let required = |parameter: &&Parameter| matches!(parameter.default, Default::Required);
    let names: Vec<&str> = layer.parameters().iter().filter(required).map(|parameter| parameter.name).collect();
    if names.is_empty() { layer.name().to_owned() } else { format!("{}({})", layer.name(), names.join(", ")) }
}

/// Writes the row of a layer in the guide's table.
fn row(layer: &dyn Layer) -> String {
    let optional = layer.parameters().iter().filter(|parameter| !matches!(parameter.default, Default::Required));
    let arguments: Vec<String> = optional
        .map(|parameter| match default(parameter) {
            Some(default) => format!("`{}: {default}`{}", parameter.name, others(parameter, &default)),
            None => format!("`{}`", parameter.name),
        })
        .collect();
    let (doc, arguments) = (layer.doc(), arguments.join(", "));
    let line = doc.line.replace('|', "\\|");
    format!("| `{}` | {arguments} | {} | {line} |\n", usage(layer), doc.shapes)
}

/// Lists the words that a parameter accepts besides its default: `` or `tanh` ``.
fn others(parameter: &Parameter, default: &str) -> String {
    let Kind::Choice(words) = parameter.kind else { return String::new() };
    words.iter().map(|choice| choice.word).filter(|word| *word != default).map(|word| format!(" or `{word}`")).collect()
}

/// Describes the values that a parameter accepts, and its default.
fn value(parameter: &Parameter) -> String {
    let default = default(parameter).map_or_else(String::new, |default| format!("; the default is `{default}`"));
    format!("Give {}{default}", parameter.kind.expected())
}

/// Returns the default of a parameter as a user would write it.
fn default(parameter: &Parameter) -> Option<String> {
    match parameter.default {
        Default::Size(n) => Some(n.to_string()),
        // The shortest form: `1`, `0.01`, `1e-5`.
        Default::Number(x) if x.fract() == 0.0 => Some(format!("{x}")),
        Default::Number(x) => Some(format!("{x:?}")),
        Default::Integer(n) => Some(n.to_string()),
        Default::Flag(flag) => Some(flag.to_string()),
        Default::Choice(Choice { word, .. }) | Default::Same(word) => Some(word.to_owned()),
        _ => None,
    }
}

/// Returns the name of a kind of argument: `Pair`.
fn kind(parameter: &Parameter) -> String {
    let name = format!("{:?}", parameter.kind);
    name.split('(').next().unwrap_or_default().to_owned()
}

/// Capitalises the first letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_default()
}

/// Asserts that the file `name` contains `text`; with `DL_BLESS=1`, writes it first.
fn compare(name: &str, text: &str) {
    if std::env::var_os("DL_BLESS").is_some() {
        std::fs::write(path(name), format!("{}\n", text.trim_end())).unwrap();
    }
    assert!(
        read(name).trim_end() == text.trim_end(),
        "{name} is not current: `DL_BLESS=1 cargo test -p dl-macros documents` writes it anew"
    );
}
