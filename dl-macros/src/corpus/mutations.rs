//! Mutates one token of valid models: removes it, doubles it or exchanges it with the next. No mutant panics, almost all have one
//! message, and the expansion is always valid Rust.

use super::{messages, repository};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::path::Path;

/// A mutation of one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Remove,
    Double,
    Exchange,
}

/// Returns valid models: the contents of `model! { … }` in the files of the repository that show or test the language.
fn models() -> Vec<(String, TokenStream)> {
    let files = ["src/guide/language.md", "tests/language.rs", "tests/zoo/alexnet.rs", "tests/zoo/unet.rs"];
    let mut files = files.map(str::to_owned).to_vec();
    for directory in ["ui-tests/pass", "examples"] {
        let entries = std::fs::read_dir(repository(directory)).expect("a directory of the repository");
        let names = entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
        files.extend(names.filter(|name| name.ends_with(".rs")).map(|name| format!("{directory}/{name}")));
    }
    read(files)
}

/// Returns the models in `files`, and asserts that they are valid.
fn read(mut files: Vec<String>) -> Vec<(String, TokenStream)> {
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(repository(&file)).expect("a file of the repository");
        for code in code(Path::new(&file), &text) {
            if let Ok(tokens) = code.parse::<TokenStream>() {
                inside(tokens, &mut |model| found.push((file.clone(), model)));
            }
        }
    }
    // The template of a `macro_rules!` is not a model.
    found.retain(|(_, model)| !model.to_string().contains('$'));
    for (file, model) in &found {
        let messages = messages(model.clone()).1;
        assert!(messages.is_empty(), "{file}: {model}\n{messages:#?}");
    }
    found
}

/// Returns the Rust code in a file: the file itself, or the examples of a guide with their hidden lines.
fn code(path: &Path, text: &str) -> Vec<String> {
    if path.extension().is_some_and(|extension| extension == "rs") {
        return vec![text.to_owned()];
    }
    let shown = |line: &str| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n";
    let valid = |part: &&str| !part.starts_with("compile_fail") && !part.starts_with("text");
    text.split("```").skip(1).step_by(2).filter(valid).map(|part| part.lines().skip(1).map(shown).collect()).collect()
}

/// Calls `visit` with the contents of every `model! { … }`.
fn inside(tokens: TokenStream, visit: &mut impl FnMut(TokenStream)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let word = i.checked_sub(2).is_some_and(|at| matches!(&tokens[at], TokenTree::Ident(word) if word == "model"));
        if word && group.delimiter() == Delimiter::Brace {
            visit(group.stream());
        } else {
            inside(group.stream(), visit);
        }
    }
}

/// Counts the tokens at all depths; a group is a token that comes before its contents.
fn count(tokens: &TokenStream) -> usize {
    let one = |token: TokenTree| match token {
        TokenTree::Group(group) => 1 + count(&group.stream()),
        _ => 1,
    };
    tokens.clone().into_iter().map(one).sum()
}

/// Returns `tokens` with token number `at` changed.
fn changed(tokens: TokenStream, at: &mut usize, change: Change) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut i = 0;
    while i < tokens.len() {
        if *at == 0 {
            match change {
                Change::Remove => drop(tokens.remove(i)),
                Change::Double => tokens.insert(i, tokens[i].clone()),
                Change::Exchange if i + 1 < tokens.len() => tokens.swap(i, i + 1),
                Change::Exchange => {}
            }
            *at = usize::MAX;
            break;
        }
        *at -= 1;
        if let TokenTree::Group(group) = &tokens[i] {
            let inner = changed(group.stream(), at, change);
            let mut new = Group::new(group.delimiter(), inner);
            new.set_span(group.span());
            tokens[i] = TokenTree::Group(new);
            if *at == usize::MAX {
                break;
            }
        }
        i += 1;
    }
    tokens.into_iter().collect()
}

/// Counts the mutants of one kind by their number of messages.
#[derive(Default)]
struct Tally {
    valid: usize,
    wrong: usize,
    single: usize,
    /// Descriptions of the mutants with several messages, which the test prints.
    others: Vec<String>,
}

#[test]
fn no_model_of_the_tests_and_the_guide_is_refused() {
    let mut files = Vec::new();
    for directory in ["tests", "tests/zoo", "src/guide", "benches/workloads", "tests/crates/application/src"] {
        let Ok(entries) = std::fs::read_dir(repository(directory)) else { continue };
        let names = entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
        let readable = |name: &String| name.ends_with(".rs") || name.ends_with(".md");
        files.extend(names.filter(readable).map(|name| format!("{directory}/{name}")));
    }
    let models = read(files);
    assert!(models.len() >= 75, "{} models", models.len());
}

#[test]
fn a_changed_token_is_one_mistake() {
    let everything = std::env::var_os("DL_MUTATIONS").is_some();
    let mut tallies = [Tally::default(), Tally::default(), Tally::default()];
    let models = models();
    assert!(models.len() >= 25, "{} models", models.len());
    // Mutates this many evenly spaced positions of each model; the first position varies between models.
    let positions = if everything { usize::MAX } else { 16 };
    for (number, (file, model)) in models.iter().enumerate() {
        let tokens = count(model);
        let step = tokens.div_ceil(positions).max(1);
        for at in (number % step..tokens).step_by(step) {
            for change in [Change::Remove, Change::Double, Change::Exchange] {
                let mutant = changed(model.clone(), &mut at.clone(), change);
                let (output, messages) = messages(mutant.clone());
                let tally = &mut tallies[change as usize];
                if let Err(error) = syn::parse2::<syn::File>(output) {
                    panic!("{file}: {change:?} {at}: {error}\n{mutant}");
                }
                match messages.len() {
                    0 => tally.valid += 1,
                    1 => tally.single += 1,
                    _ => {
                        let texts = messages.iter().map(|(line, column, text)| format!("  {line}:{column} {text}\n"));
                        let texts: String = texts.collect();
                        tally.others.push(format!("{file}: {change:?} {}\n{texts}", around(model.clone(), at)));
                    }
                }
                tally.wrong += usize::from(!messages.is_empty());
            }
        }
    }
    for (change, Tally { valid, wrong, single, others }) in ["removed", "doubled", "exchanged"].iter().zip(&tallies) {
        println!("{}", others.concat());
        println!("a token {change}: {valid} have no message, and {single} of {wrong} exactly one");
    }
    for Tally { wrong, single, .. } in &tallies {
        assert!(*single * 10 >= *wrong * 9, "{single} of {wrong} have exactly one message");
    }
}

/// Returns token number `at` with its neighbours.
fn around(tokens: TokenStream, at: usize) -> String {
    fn flat(tokens: TokenStream, into: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    let brackets = match group.delimiter() {
                        Delimiter::Parenthesis => "()",
                        Delimiter::Bracket => "[]",
                        Delimiter::Brace => "{}",
                        Delimiter::None => "",
                    };
                    into.push(brackets.to_owned());
                    flat(group.stream(), into);
                }
                token => into.push(token.to_string()),
            }
        }
    }
    let mut all = Vec::new();
    flat(tokens, &mut all);
    let mark = |(i, text): (usize, &String)| if i == at { format!("«{text}»") } else { text.clone() };
    let near = all.iter().enumerate().skip(at.saturating_sub(6)).take(13);
    near.map(mark).collect::<Vec<_>>().join(" ")
}
