//! Words, beyond whose ends no token of byte pairs reaches, as GPT-2 cuts them: with the space before them.
//!
//! Source: Radford et al., "Language models are unsupervised multitask learners", 2019; the expression in its published code is
//! `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`. Here the same is written by hand. One thing differs:
//! letters are all characters that Unicode calls alphabetic, which are more than `\p{L}`. So the vowel signs of Devanagari and of other
//! scripts stay in their words, which GPT-2 cuts there, and circled letters (Ⓐ) are letters.

/// The words of a text; together they are the text.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (word, after) = rest.split_at(first(rest));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// The end of the first word.
fn first(text: &str) -> usize {
    const ENDINGS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    if let Some(ending) = ENDINGS.iter().find(|ending| text.starts_with(**ending)) {
        return ending.len();
    }
    let after_space = text.strip_prefix(' ').unwrap_or(text);
    if let Some(kind) = after_space.chars().next().map(kind).filter(|kind| *kind != Kind::Space) {
        return text.len() - after_space.len() + run(after_space, kind);
    }
    // The last white space before a word is left to it: it joins the word if it is a space.
    let spaces = run(text, Kind::Space);
    let last = text[..spaces].chars().next_back().map_or(0, char::len_utf8);
    if spaces < text.len() && last < spaces { spaces - last } else { spaces }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Space,
    Letter,
    Number,
    Other,
}

fn kind(character: char) -> Kind {
    match character {
        _ if character.is_whitespace() => Kind::Space,
        // Before letters: Roman numerals (Ⅷ) are alphabetic, and `\p{N}`.
        _ if character.is_numeric() => Kind::Number,
        _ if character.is_alphabetic() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// The length in bytes of the characters of this kind at the beginning of a text.
fn run(text: &str, of: Kind) -> usize {
    text.find(|character| kind(character) != of).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_gpt_2_cuts_them() {
        // The words are those of Python's `regex` with the expression above.
        for (text, expected) in [
            ("", &[][..]),
            ("Hello, world!", &["Hello", ",", " world", "!"]),
            (
                "I'm sure they'll say it's 'sad'",
                &["I", "'m", " sure", " they", "'ll", " say", " it", "'s", " '", "sad", "'"],
            ),
            ("can't CAN'T", &["can", "'t", " CAN", "'", "T"]),
            ("a  b   c", &["a", " ", " b", "  ", " c"]),
            ("a\nb\n\nc\n d", &["a", "\n", "b", "\n", "\n", "c", "\n", " d"]),
            ("end  \n", &["end", "  \n"]),
            (" \t x", &[" \t", " x"]),
            ("  ", &["  "]),
            ("x1y22 333", &["x", "1", "y", "22", " 333"]),
            ("été naïve Ⅷ½", &["été", " naïve", " Ⅷ½"]),
            ("日本語 です。", &["日本語", " です", "。"]),
            ("a\u{a0}b\u{3000}", &["a", "\u{a0}", "b", "\u{3000}"]),
            ("🙂🙂 🙂 _x_", &["🙂🙂", " 🙂", " _", "x", "_"]),
            ("'re're've", &["'re", "'re", "'ve"]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
        // The two splitters differ here: GPT-2 has "ह", "ि", "न", …
        assert_eq!(words("हिन्दी").count(), 3);
    }
}
