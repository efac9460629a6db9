//! `tokenizer.json` against the Python library that wrote it (`tests/fixtures/tokenizers.py`), and damaged files.
#![allow(missing_docs)]

mod common;

use common::places::fixture;
use dl::Error;
use dl::data::text::{DecodeStream, Tokenizer, TokenizerJson};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::read;

/// A text, its tokens, these with special tokens, and the texts of both.
type Case = (String, Vec<u32>, Vec<u32>, String, String);

const KINDS: [&str; 3] = ["bytes", "pieces", "unigrams"];

fn open(kind: &str) -> TokenizerJson {
    TokenizerJson::open(fixture(&format!("tokenizers/{kind}.json"))).unwrap()
}

fn cases(kind: &str) -> Vec<Case> {
    let json = read(fixture("tokenizers/expected.json")).unwrap();
    let mut cases: BTreeMap<String, Vec<Case>> = serde_json::from_slice(&json).unwrap();
    cases.remove(kind).unwrap()
}

#[test]
fn tokens_and_texts_are_those_of_python() {
    for kind in KINDS {
        let plain = open(kind);
        let special = open(kind).special_tokens(true);
        for (text, tokens, with_special, decoded, without_special) in cases(kind) {
            assert_eq!(plain.encode(&text).unwrap(), tokens, "{kind}: {text:?}");
            assert_eq!(special.encode(&text).unwrap(), with_special, "{kind}: {text:?}");
            assert_eq!(plain.decode(&tokens).unwrap(), decoded, "{kind}");
            assert_eq!(special.decode(&with_special).unwrap(), without_special, "{kind}");
            assert!(with_special.iter().all(|token| (*token as usize) < plain.vocabulary()));
        }
    }
    assert_eq!((open("bytes").vocabulary(), open("bytes").token("<|end|>")), (300, Some(0)));
    assert_eq!((open("pieces").token("[MASK]"), open("pieces").token("[NONE]")), (Some(4), None));
}

#[test]
fn a_stream_gives_the_text_of_all_tokens() {
    for kind in KINDS {
        let tokenizer = open(kind);
        for (_, tokens, _, decoded, _) in cases(kind) {
            let mut stream = DecodeStream::new(&tokenizer);
            let pieces: String = tokens.iter().map(|token| stream.push(*token).unwrap()).collect();
            assert_eq!(pieces + &stream.finish().unwrap(), decoded, "{kind}");
        }
    }
    // The stream goes on after a token that it does not know.
    let tokenizer = open("unigrams");
    let tokens = tokenizer.encode("cats").unwrap();
    let mut stream = DecodeStream::new(&tokenizer);
    let mut text = stream.push(tokens[0]).unwrap();
    for _ in 0..2 {
        assert!(matches!(stream.push(80_000), Err(Error::UnknownToken { index: 0, token: 80_000, .. })));
    }
    for token in &tokens[1..] {
        text += &stream.push(*token).unwrap();
    }
    assert_eq!(text, "cats");
}

#[test]
fn mistakes_are_told() {
    let error = open("bytes").decode(&[1, 300]).unwrap_err().to_string();
    assert_eq!(error, "token 300 at index 1 is out of range; with a vocabulary of 300, tokens are 0 to 299");
    assert!(matches!(TokenizerJson::open(fixture("none.json")), Err(Error::Io { .. })));
    for text in ["", "{}", "[]", "{\"merges\": []}", "\u{0}"] {
        let error = TokenizerJson::from_bytes(text.as_bytes()).unwrap_err().to_string();
        assert!(
            error.starts_with("<memory>: not a valid tokenizer.json file: expected a tokenizer of the library"),
            "{error}"
        );
    }
    let no_unknown = r#"{"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {"type": "WordLevel", "vocab": {"to": 4294967295}, "unk_token": "?"}}"#;
    let words = TokenizerJson::from_bytes(no_unknown.as_bytes()).unwrap();
    assert_eq!(words.vocabulary(), 1 << 32);
    let error = words.encode("to be").unwrap_err();
    assert!(matches!(error, Error::Tokenizer { .. }), "{error}");
    assert!(error.to_string().starts_with("the tokenizer cannot encode the text: "), "{error}");
}

/// Reads a file and uses the tokenizer, if it is one.
fn try_out(bytes: &[u8]) {
    for special in [false, true] {
        if let Ok(tokenizer) = TokenizerJson::from_bytes(bytes).map(|tokenizer| tokenizer.special_tokens(special)) {
            let tokens = tokenizer.encode("The weather: 日本 [MASK]").unwrap_or_default();
            let _ = tokenizer.decode(&tokens);
            let _ = tokenizer.decode(&[0, 1, 2, 3, u32::MAX]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn damaged_files_are_errors(
        kind in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..4),
    ) {
        let mut bytes = read(fixture(&format!("tokenizers/{}.json", KINDS[kind]))).unwrap();
        for (place, byte, any) in changes {
            let at = place.index(bytes.len());
            // Digits keep more of the format than other bytes.
            bytes[at] = if any { byte } else { b'0' + byte % 10 };
        }
        try_out(&bytes);
    }
}

/// Puts other values into every place of a value, one at a time.
fn with_others(value: &Value, each: &mut dyn FnMut(Value)) {
    let others = [json!(null), json!(-1), json!(4_294_967_296_u64), json!(1e300), json!(""), json!([]), json!({})];
    others.into_iter().for_each(&mut *each);
    match value {
        // Long lists are the vocabulary: their first entries stand for all.
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate().take(6) {
                with_others(item, &mut |other| {
                    let mut items = items.clone();
                    items[at] = other;
                    each(Value::Array(items));
                });
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries.iter().take(16) {
                with_others(entry, &mut |other| {
                    let mut entries = entries.clone();
                    entries.insert(name.clone(), other);
                    each(Value::Object(entries));
                });
            }
        }
        _ => {}
    }
}

#[test]
fn fields_of_other_kinds_are_errors() {
    for kind in KINDS {
        let json: Value = serde_json::from_slice(&read(fixture(&format!("tokenizers/{kind}.json"))).unwrap()).unwrap();
        let mut tried = 0;
        with_others(&json, &mut |json| {
            try_out(json.to_string().as_bytes());
            tried += 1;
        });
        assert!(tried > 200, "{tried}");
    }
}
