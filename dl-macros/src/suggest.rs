//! "Did you mean": finds the known word for a mistyped one or a name from another library.

/// Returns the candidate that `word` most likely means, by `synonyms` (word, meaning) or by the smallest edit distance.
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
    // At most a third of the letters may be wrong, and never all of them; otherwise the suggestion would be a guess.
    let letters = plain.chars().count();
    let limit = (letters / 3).clamp(1, 3).min(letters.saturating_sub(1));
    candidates
        .iter()
        .map(|candidate| (distance(&plain, &simplified(candidate)), *candidate))
        .filter(|(changes, _)| *changes <= limit)
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Writes ``; did you mean `dense`?``, or nothing.
pub fn did_you_mean(suggestion: Option<String>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Removes case and underscores, so that `MaxPool2d` equals `max_pool2d`.
pub fn simplified(word: &str) -> String {
    word.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Returns whether `word` is `meant` with one typo: two letters exchanged, or one letter too many, too few or wrong. Names that differ
/// in the first letter, in digits (`IN1`, `IN2`) or in the `S` of a plural are different names.
pub fn is_typo(word: &str, meant: &str) -> bool {
    if word != meant && simplified(word) == simplified(meant) {
        return true;
    }
    let same = |f: fn(&char) -> bool| word.chars().filter(f).eq(meant.chars().filter(f));
    let ends = |f: fn(&str) -> Option<char>| f(word) == f(meant);
    let plural = format!("{word}S") == meant || format!("{meant}S") == word;
    let inside = ends(|text| text.chars().last()) || word.chars().count() != meant.chars().count();
    let long = word.chars().count().min(meant.chars().count()) >= 4;
    long && !plural
        && (inside || word.len() == meant.len() && sorted(word) == sorted(meant))
        && ends(|text| text.chars().next())
        && same(char::is_ascii_digit)
        && word.split('_').count() == meant.split('_').count()
        && distance(word, meant) == 1
}

fn sorted(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// Returns the number of letters to insert, delete, replace or exchange with a neighbour to get from `a` to `b` (Damerau, 1964).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = rows[i][j] + (x != y) as usize;
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
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
        assert_eq!(distance("rleu", "relu"), 1);
    }

    #[test]
    fn a_slip_is_one_letter_that_tells_no_names_apart() {
        for (word, meant) in [("WIDHT", "WIDTH"), ("WDTH", "WIDTH"), ("HIDEN", "HIDDEN"), ("CLASES", "CLASSES")] {
            assert!(is_typo(word, meant), "{word} {meant}");
        }
        for (word, meant) in [("IN1", "IN2"), ("HEAD", "HEADS"), ("SIZE_X", "SIZE_Y"), ("XDIM", "YDIM"), ("D", "N")] {
            assert!(!is_typo(word, meant), "{word} {meant}");
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
        assert_eq!(super::suggest("lstm", ["sum"], &[]), None);
        assert_eq!(suggest("transmogrify"), None);
        assert_eq!(super::suggest("b", ["a"], &[]), None);
        assert_eq!(suggest("gone"), None);
    }
}
