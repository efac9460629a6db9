//! Compares the macro's messages about broken models with `ui-tests/corpus/`. The macro runs outside of rustc, so that hundreds of
//! models take seconds.
//!
//! A file there contains models, separated by empty lines. The lines below a model that begin with `!` are its messages, with line
//! and column in the model. `DL_BLESS=1 cargo test -p dl-macros corpus` rewrites them; read them as a beginner would.

mod mutations;

use crate::diagnostics::Diagnostics;
use proc_macro2::TokenStream;
use std::path::{Path, PathBuf};

/// One model and the messages about it.
struct Case {
    model: String,
    expected: Vec<String>,
}

/// Returns the absolute path of `path` in the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Returns the files of the corpus in alphabetical order.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository("ui-tests/corpus")).expect("the corpus");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files
}

/// Returns the first line of a file, which describes it, and its cases.
fn read(text: &str) -> (&str, Vec<Case>) {
    let (first, rest) = text.split_once("\n\n").expect("a sentence, and an empty line");
    let cases = rest.split("\n\n").map(|part| {
        let (mut model, mut expected) = (String::new(), Vec::new());
        for line in part.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("! ") {
                Some(message) => expected.push(message.to_owned()),
                None => model = model + line + "\n",
            }
        }
        Case { model, expected }
    });
    (first, cases.filter(|case| !case.model.is_empty()).collect())
}

/// Expands `tokens`; returns the code, and the line, column and text of each message.
fn messages(tokens: TokenStream) -> (TokenStream, Vec<(usize, usize, String)>) {
    let diagnostics = Diagnostics::default();
    let output = crate::expand_with(quote::quote!(dl), false, tokens, &diagnostics);
    (output, diagnostics.located())
}

/// Returns the messages in the form of the files; columns count from 1, as in rustc.
fn lines(model: &str) -> Vec<String> {
    let Ok(tokens) = model.parse::<TokenStream>() else { return vec!["these are no tokens".to_owned()] };
    // The macro reports mistakes pass by pass; the files list them in order of position.
    let (_, mut messages) = messages(tokens);
    messages.sort_by_key(|(line, column, _)| (*line, *column));
    messages.into_iter().map(|(line, column, text)| format!("{line}:{} {text}", column + 1)).collect()
}

#[test]
fn every_model_of_the_corpus_has_its_messages() {
    let bless = std::env::var_os("DL_BLESS").is_some();
    let (mut cases, mut single, mut others, mut wrong) = (0, 0, String::new(), String::new());
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("a file of the corpus");
        let (first, read) = read(&text);
        let mut blessed = first.to_owned() + "\n";
        for Case { model, expected } in read {
            let found = lines(&model);
            cases += 1;
            if found.len() == 1 {
                single += 1;
            } else {
                others += &format!("{} messages: {model}", found.len());
            }
            if found != expected && !bless {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                wrong += &format!("{name}: {model}expected: {expected:#?}\nfound: {found:#?}\n");
            }
            blessed += &format!("\n{model}");
            found.iter().for_each(|line| blessed += &format!("! {line}\n"));
        }
        if bless {
            std::fs::write(&path, blessed).expect("the file can be written");
        }
    }
    println!("{single} of {cases} broken models have exactly one message; the others:\n{others}");
    assert!(wrong.is_empty(), "`DL_BLESS=1 cargo test -p dl-macros corpus` writes the messages anew:\n{wrong}");
    assert!(cases >= 300, "{cases} models");
    assert!(single * 10 >= cases * 9, "{single} of {cases} have exactly one message");
}
