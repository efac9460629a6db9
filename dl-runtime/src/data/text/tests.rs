//! Texts that come back from their tokens, byte pairs against the algorithm written naively, windows, files, and mistakes.

use super::words::words;
use super::*;
use crate::data::Dataset;
use proptest::prelude::*;
use std::collections::BTreeMap;

const TEXT: &str = "The cat sat on the mat, and the other cat's hat was at the mat. They'll gather there: 2024, 2025, \u{a0}naïve  日本語\n\n";

/// The merges of a text and what becomes of its words, by counting all pairs again after each merge.
fn reference(text: &str, vocabulary: usize) -> (Vec<(u32, u32)>, Vec<Vec<u32>>) {
    let mut all: Vec<Vec<u32>> = words(text).map(|word| word.bytes().map(u32::from).collect()).collect();
    let mut merges = Vec::new();
    let mut lengths = vec![1; 256];
    while 256 + merges.len() < vocabulary {
        let mut counts: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for pair in all.iter().flat_map(|word| word.windows(2)) {
            *counts.entry((pair[0], pair[1])).or_default() += 1;
        }
        counts.retain(|pair, count| *count > 1 && lengths[pair.0 as usize] + lengths[pair.1 as usize] <= 256);
        // `max_by_key` gives the last of the most frequent, in reverse order the lowest pair.
        let Some((&pair, _)) = counts.iter().rev().max_by_key(|(_, count)| **count) else { break };
        let token = 256 + merges.len() as u32;
        merges.push(pair);
        lengths.push(lengths[pair.0 as usize] + lengths[pair.1 as usize]);
        all.iter_mut().for_each(|word| merge(word, pair, token));
    }
    (merges, all)
}

/// Puts `token` in the place of a pair, from left to right.
fn merge(word: &mut Vec<u32>, pair: (u32, u32), token: u32) {
    let mut at = 0;
    while at + 1 < word.len() {
        if (word[at], word[at + 1]) == pair {
            word[at] = token;
            word.remove(at + 1);
        }
        at += 1;
    }
}

/// Encodes with all merges in their order, each from left to right.
fn encoded(text: &str, merges: &[(u32, u32)]) -> Vec<u32> {
    let mut all: Vec<Vec<u32>> = words(text).map(|word| word.bytes().map(u32::from).collect()).collect();
    for (token, pair) in (256..).zip(merges) {
        all.iter_mut().for_each(|word| merge(word, *pair, token));
    }
    all.concat()
}

/// Texts with many repetitions, spaces and characters of all lengths.
fn texts() -> impl Strategy<Value = String> {
    let of = |characters: &'static [char], most| prop::collection::vec(prop::sample::select(characters), 0..most);
    prop_oneof![
        4 => of(&['a', 'b', ' '], 200).prop_map(String::from_iter),
        2 => of(&['a', 'e', 't', 'é', '日', '🙂', '1', '\'', 's', '.', ' ', '\n', '\u{301}'], 100).prop_map(String::from_iter),
        1 => prop::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn training_and_encoding_are_those_of_the_naive_algorithm(text in texts(), other in texts(), vocabulary in 256..320_usize) {
        let pairs = BytePairs::train(&text, vocabulary).unwrap();
        let (merges, words) = reference(&text, vocabulary);
        prop_assert_eq!(pairs.merges(), &merges);
        prop_assert_eq!(pairs.vocabulary(), 256 + merges.len());
        prop_assert_eq!(pairs.encode(&text).unwrap(), words.concat());
        prop_assert_eq!(pairs.encode(&other).unwrap(), encoded(&other, &merges));
    }

    #[test]
    fn every_text_comes_back(text in texts(), learned in texts()) {
        prop_assert_eq!(words(&text).collect::<String>(), &text[..]);
        let (characters, pairs) = (Characters::of(&text), BytePairs::train(&learned, 300).unwrap());
        let tokenizers: [&dyn Tokenizer; 3] = [&Bytes, &characters, &pairs];
        for tokenizer in tokenizers {
            let tokens = tokenizer.encode(&text).unwrap();
            prop_assert!(tokens.iter().all(|token| (*token as usize) < tokenizer.vocabulary()));
            prop_assert_eq!(tokenizer.decode(&tokens).unwrap(), &text[..]);
        }
    }

    #[test]
    fn any_tokens_become_some_text(tokens in prop::collection::vec(0..270_u32, 0..50)) {
        let pairs = BytePairs::train(&TEXT.repeat(2), 270).unwrap();
        prop_assert_eq!(pairs.vocabulary(), 270);
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| pairs.bytes_of(*token).unwrap()).copied().collect();
        prop_assert_eq!(pairs.decode(&tokens).unwrap(), String::from_utf8_lossy(&bytes));
        // Token by token it is the same text, and what is not the beginning of a character comes at once.
        let mut stream = DecodeStream::new(&pairs);
        let pieces: String = tokens.iter().map(|token| stream.push(*token).unwrap()).collect();
        prop_assert_eq!(pieces + &stream.finish().unwrap(), String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn windows_are_slices(len in 4..40_usize, stride in 1..12_usize) {
        let tokens: Vec<u32> = (0..len as u32).map(|i| i * 3).collect();
        let data = windows::<3>(&tokens, stride).unwrap();
        let starts: Vec<usize> = (0..).map(|n| n * stride).take_while(|start| start + 4 <= len).collect();
        prop_assert_eq!(data.len(), starts.len());
        prop_assert!(data.check_lengths().is_ok());
        for ((input, target), start) in data.iter().zip(starts) {
            prop_assert_eq!(&input[..], &tokens[start..start + 3]);
            prop_assert_eq!(&target[..], &tokens[start + 1..start + 4]);
        }
    }
}

#[test]
fn pairs_are_merged_by_frequency_and_then_by_their_tokens() {
    // `ab` and `cd` are as frequent: the lower comes first. Then `abcd`, of tokens 256 and 257.
    let pairs = BytePairs::train("cdab abcd cdab abcd", 512).unwrap();
    assert_eq!(pairs.merges()[..2], [(u32::from(b'a'), u32::from(b'b')), (u32::from(b'c'), u32::from(b'd'))]);
    // Sennrich et al., section 3.2, with words of one letter more: low, lower, newest, widest.
    let text = ["low "; 5].concat() + &["lower "; 2].concat() + &["newest "; 6].concat() + &["widest "; 3].concat();
    let pairs = BytePairs::train(&text, 259).unwrap();
    let learned: Vec<&[u8]> = (256..259).map(|token| pairs.bytes_of(token).unwrap()).collect();
    assert_eq!(learned, [&b"es"[..], b"est", b"lo"]);
    // A pair that occurs once is none, and a short text has a small vocabulary.
    assert_eq!(BytePairs::train("abcdefg", 1000).unwrap().vocabulary(), 256);
    assert_eq!(BytePairs::train("", 1000).unwrap().vocabulary(), 256);
    assert_eq!(BytePairs::train("aaa", 1000).unwrap().merges(), [(97, 97)]);
}

/// Merges that the package `tokenizers` 0.23.3 of Hugging Face learns from `TEXT` twice (BPE after `ByteLevel`, which cuts words as GPT-2),
/// with bytes by their value, and the tokens that it makes of another text.
#[test]
fn encoding_is_that_of_hugging_face() {
    let merges = [
        (97, 116),
        (104, 101),
        (116, 257),
        (32, 258),
        (48, 50),
        (50, 260),
        (84, 257),
        (99, 256),
        (109, 256),
        (32, 111),
        (32, 261),
        (32, 263),
        (32, 264),
        (39, 108),
        (39, 115),
        (97, 110),
        (97, 115),
        (97, 195),
        (103, 256),
        (104, 256),
        (110, 273),
        (114, 101),
        (115, 256),
        (118, 101),
        (119, 272),
        (165, 230),
        (170, 158),
        (172, 232),
        (175, 279),
        (194, 160),
        (230, 151),
        (32, 256),
        (32, 262),
        (32, 271),
    ];
    let tokens = [
        84, 275, 265, 258, 114, 32, 276, 284, 267, 270, 32, 32, 275, 10, 10, 32, 278, 259, 277, 32, 105, 110, 266, 52,
        53, 32, 286, 281, 156, 172, 286, 165, 44, 259, 121, 269, 108, 32, 84, 72, 69, 32, 32,
    ];
    let text = "That other naïve cat's  hat\n\n sat there in 20245 日本日, they'll THE  ";
    let pairs = BytePairs::from_merges(merges.to_vec()).unwrap();
    assert_eq!(pairs.encode(text).unwrap(), tokens);
    assert_eq!(pairs.decode(&tokens).unwrap(), text);
    // Hugging Face breaks ties in another order; the first two merges are more frequent than all others.
    assert_eq!(BytePairs::train(&TEXT.repeat(2), 258).unwrap().merges(), &merges[..2]);
}

#[test]
fn long_words_take_no_longer_than_others() {
    // With steps of the square of its length, this would not end.
    let text = "ab".repeat(100_000) + &"x".repeat(100_000);
    let pairs = BytePairs::train(&text, 300).unwrap();
    let longest = (0..300).filter_map(|token| pairs.bytes_of(token)).map(<[u8]>::len).max();
    assert_eq!(longest, Some(256));
    let tokens = pairs.encode(&text).unwrap();
    assert!(tokens.len() < 2_000);
    assert_eq!(pairs.decode(&tokens).unwrap(), text);
}

#[test]
fn tokenizers_refuse_what_they_do_not_know() {
    let characters = Characters::of("abc\n");
    let told = |text: &str| characters.encode(text).unwrap_err().to_string();
    let end = "of the text is not in the vocabulary of 4 characters";
    assert_eq!(told("a\nbé"), format!("character 'é' (U+00E9) at byte 3 {end}"));
    assert_eq!(told("\t"), format!("character '\\t' (U+0009) at byte 0 {end}"));
    assert_eq!(told("ab🙂"), format!("character '🙂' (U+1F642) at byte 2 {end}"));
    let pairs = BytePairs::train("aa aa", 512).unwrap();
    let tokenizers: [(&dyn Tokenizer, _); 3] = [(&Bytes, 256), (&characters, 4), (&pairs, 257)];
    for (tokenizer, vocabulary) in tokenizers {
        assert_eq!(tokenizer.vocabulary(), vocabulary);
        let (last, token) = (vocabulary - 1, vocabulary as u32);
        let error = tokenizer.decode(&[0, 1, token, u32::MAX]).unwrap_err().to_string();
        let range = format!("with a vocabulary of {vocabulary}, tokens are 0 to {last}");
        assert_eq!(error, format!("token {token} at index 2 is out of range; {range}"));
    }
}

#[test]
fn a_stream_returns_whole_characters() {
    let mut stream = DecodeStream::new(&Bytes);
    let mut pieces = |text: &[u8]| text.iter().map(|byte| stream.push(u32::from(*byte)).unwrap()).collect::<Vec<_>>();
    assert_eq!(pieces("a日é".as_bytes()), ["a", "", "", "日", "", "é"]);
    // Half an emoji, and then something else.
    assert_eq!(pieces(&[0xf0, 0x9f, b'b', 0xff]), ["", "", "\u{fffd}b", ""]);
    assert!(stream.push(256).is_err());
    assert_eq!(stream.push(u32::from(b'c')).unwrap(), "\u{fffd}c");
    stream.push(0xe9).unwrap();
    assert_eq!((stream.finish().unwrap(), stream.finish().unwrap()), ("\u{fffd}".into(), String::new()));
}

#[test]
fn settings_are_checked() {
    for vocabulary in [0, 255, u32::MAX as usize + 1] {
        let error = BytePairs::train("text", vocabulary).unwrap_err().to_string();
        let range = "it must be a whole number from 256 to 4294967295";
        assert_eq!(error, format!("`vocabulary` of `BytePairs` is {vocabulary}; {range}"));
    }
    let told = |merges: &[(u32, u32)]| BytePairs::from_merges(merges.to_vec()).unwrap_err().to_string();
    let merges = "`merges` of `BytePairs` is";
    assert_eq!(
        told(&[(0, 256)]),
        format!("{merges} (0, 256) at index 0; it must be a pair of earlier tokens, here 0 to 255")
    );
    assert_eq!(
        told(&[(1, 2), (257, 0)]),
        format!("{merges} (257, 0) at index 1; it must be a pair of earlier tokens, here 0 to 256")
    );
    assert_eq!(
        told(&[(1, 2), (2, 1), (1, 2)]),
        format!("{merges} (1, 2) at index 2; it must be pairs that do not come twice")
    );
    // Each token is twice as long as the one before: a small file cannot fill the memory.
    let doubling: Vec<(u32, u32)> = (0..64).map(|i| if i == 0 { (0, 0) } else { (255 + i, 255 + i) }).collect();
    assert_eq!(
        told(&doubling),
        format!("{merges} (263, 263) at index 8; it must be pairs of at most 256 bytes together")
    );
    assert!(BytePairs::from_merges(doubling[..8].to_vec()).is_ok());
}

#[test]
fn streams_are_those_of_a_series() {
    let tokens: Vec<u32> = (0..50).collect();
    let (found, series) = (streams::<3>(&tokens, 4).unwrap(), crate::data::streams(&tokens, 4, 3).unwrap());
    assert!(found.inputs.concat() == series.inputs.concat() && found.targets.concat() == series.targets.concat());
    let told = |found: Result<_>| found.map(|_: Dataset<[u32; 4], [u32; 4]>| ()).unwrap_err().to_string();
    assert_eq!(told(streams::<4>(&[0; 4], 1)), "a window of 4 tokens and the token after it do not fit into 4 tokens");
    let narrow = "`batch_size` of `streams` is 3; it must be from 1 to 2, the windows of 4 that fit";
    assert_eq!(told(streams::<4>(&[0; 9], 3)), narrow);
    assert!(matches!(streams::<0>(&[0; 9], 1), Err(Error::Setting { .. })));
}

#[test]
fn windows_are_checked() {
    let told = |error: Result<_>| error.map(|_: Dataset<[u32; 4], _>| ()).unwrap_err().to_string();
    assert_eq!(told(windows::<4>(&[0; 4], 1)), "a window of 4 tokens and the token after it do not fit into 4 tokens");
    assert_eq!(told(windows::<4>(&[], 1)), "a window of 4 tokens and the token after it do not fit into 0 tokens");
    assert_eq!(told(windows::<4>(&[0; 9], 0)), "`stride` of `windows` is 0; it must be a whole number of at least 1");
    let error = windows::<0>(&[0; 9], 1).unwrap_err().to_string();
    assert_eq!(error, "`T` of `windows` is 0; it must be a whole number of at least 1");
    assert_eq!(windows::<4>(&[7, 8, 9, 10, 11], usize::MAX).unwrap().targets, [[8, 9, 10, 11]]);
}

#[test]
fn tokenizers_are_saved_and_loaded() {
    let folder = std::env::temp_dir().join(format!("dl-text-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("tokenizer.json");
    let (characters, pairs) = (Characters::of(TEXT), BytePairs::train(TEXT, 280).unwrap());
    characters.save(&path).unwrap();
    assert_eq!(Characters::load(&path).unwrap(), characters);
    pairs.save(&path).unwrap();
    let loaded = BytePairs::load(&path).unwrap();
    assert_eq!(loaded, pairs);
    assert_eq!(loaded.encode(TEXT).unwrap(), pairs.encode(TEXT).unwrap());

    // The error says what was found instead, also for hostile files.
    for (text, found) in [
        ("", "EOF while parsing"),
        ("{\"merges\": [[0, 1], [0", "EOF while parsing"),
        ("{\"merges\": [[0, -1]]}", "invalid value: integer `-1`"),
        ("{\"merges\": [[0, 1, 2]]}", "trailing characters"),
        ("{\"version\": \"1.0\", \"model\": {}}", "unknown field `version`, expected `merges`"),
        ("{}", "missing field `merges`"),
        ("{\"merges\": [[0, 999]]}", "`merges` of `BytePairs` is (0, 999) at index 0"),
        ("\u{feff}x", "expected value"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = BytePairs::load(&path).unwrap_err().to_string();
        let start = format!("{}: not a valid JSON file: expected the merges of byte pairs, found ", path.display());
        let rest = error.strip_prefix(&start).unwrap_or_else(|| panic!("{error}"));
        assert!(rest.starts_with(found), "{text:?}: {rest}");
    }
    std::fs::write(&path, "\"abba\"").unwrap();
    let error = Characters::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("expected a string of characters in ascending order, found 'b' stands before 'b'"),
        "{error}"
    );
    assert!(matches!(BytePairs::load(folder.join("none")), Err(Error::Io { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
}
