//! "Did you mean": the known word that a mistyped or foreign one stands for.

/// The candidate that `word` most likely means: by `synonyms` (word, meaning), or by the fewest changed letters.
pub fn suggest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    synonyms: &[(&'static str, &'static str)],
) -> Option<String> {
    let plain = simplified(word);
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let meant = synonyms.iter().find(|(synonym, _)| simplified(synonym) == plain).map(|(_, meaning)| *meaning);
    if let Some(meaning) = meant.filter(|meaning| candidates.contains(meaning)) {
        return Some(meaning.to_owned());
    }
    // A third of the letters may be wrong: with more, or all of them, the suggestion would be a guess.
    let letters = plain.chars().count();
    let limit = letters.div_ceil(3).min(3).min(letters.saturating_sub(1));
    candidates
        .iter()
        .map(|candidate| (distance(&plain, &simplified(candidate)), *candidate))
        .filter(|(changes, _)| *changes <= limit)
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate.to_owned())
}

/// `; did you mean `dense`?`, or nothing.
pub fn did_you_mean(suggestion: Option<String>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Without case and underscores: `MaxPool2d` is `max_pool2d`.
fn simplified(word: &str) -> String {
    word.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Letters to insert, delete or replace to get from `a` to `b` (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + (x != *y) as usize;
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_literature() {
        for (a, b, changes) in [("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2), ("same", "same", 0)] {
            assert_eq!(distance(a, b), changes, "{a} {b}");
            assert_eq!(distance(b, a), changes, "{b} {a}");
        }
    }

    #[test]
    fn suggests_synonyms_then_neighbours_then_nothing() {
        let candidates = ["dense", "conv2d", "max_pool2d"];
        let synonyms = [("linear", "dense"), ("fc", "dense"), ("gone", "missing")];
        let suggest = |word| suggest(word, candidates, &synonyms);
        assert_eq!(suggest("Linear").as_deref(), Some("dense"));
        assert_eq!(suggest("dens").as_deref(), Some("dense"));
        assert_eq!(suggest("MaxPool2d").as_deref(), Some("max_pool2d"));
        assert_eq!(suggest("conv3d").as_deref(), Some("conv2d"));
        assert_eq!(suggest("transmogrify"), None);
        assert_eq!(super::suggest("b", ["a"], &[]), None);
        assert_eq!(suggest("gone"), None);
    }
}
