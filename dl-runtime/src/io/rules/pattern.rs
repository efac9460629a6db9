//! Patterns of tensor names: `[transformer.]h.{i}.ln_1.*`, where `{i}` is a number and `*` any further parts.

use std::fmt;

/// A pattern of names. Names are compared part by part, where dots divide them, so that no name takes more than one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    /// The beginning in brackets, which a name may lack.
    optional: String,
    parts: Vec<Part>,
}

/// A part of a pattern stands between two dots.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text and numbers, one after the other.
    Pieces(Vec<Piece>),
    /// One or more parts of any text.
    Star,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Digits, under this name.
    Number(String),
}

/// The captures are what the placeholders of a pattern stand for in a name: the numbers in the order of their names, and the star.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Captures {
    numbers: Vec<(String, String)>,
    star: Option<String>,
}

impl Captures {
    /// Adds a number. Returns false if another number has this placeholder already.
    fn add(&mut self, placeholder: &str, digits: &str) -> bool {
        match self.numbers.binary_search_by(|(name, _)| (**name).cmp(placeholder)) {
            Ok(at) => self.numbers[at].1 == digits,
            Err(at) => {
                self.numbers.insert(at, (placeholder.into(), digits.into()));
                true
            }
        }
    }
    fn number(&self, placeholder: &str) -> &str {
        let found = self.numbers.iter().find(|(name, _)| name == placeholder);
        found.map_or("", |(_, digits)| digits)
    }
}

impl Pattern {
    /// Parses a pattern. The error says what a pattern must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (optional, rest) = match text.strip_prefix('[') {
            Some(inside) => inside.split_once(']').ok_or("a pattern whose bracket `[` is closed by `]`")?,
            None => ("", text),
        };
        if optional.contains(['{', '}', '*', '[']) {
            return Err("a pattern with plain text in its brackets");
        }
        if rest.contains(['[', ']']) {
            return Err("a pattern with brackets only around its beginning");
        }
        if rest.is_empty() {
            return Err("a pattern of names, not an empty text");
        }
        let parts = rest.split('.').map(Part::parse).collect::<Result<Vec<Part>, _>>()?;
        if parts.iter().filter(|part| **part == Part::Star).count() > 1 {
            return Err("a pattern with at most one `*`");
        }
        Ok(Pattern { text: text.into(), optional: optional.into(), parts })
    }
    /// Returns `true` if names may begin with text in brackets.
    pub fn has_optional(&self) -> bool {
        !self.optional.is_empty()
    }
    /// Puts text before the pattern.
    pub fn under(&self, prefix: &str) -> Result<Self, &'static str> {
        Pattern::parse(&format!("{prefix}{self}"))
    }
    /// Returns the placeholders in alphabetical order, with `*` for a star.
    pub fn placeholders(&self) -> Vec<&str> {
        let of_part = |part| match part {
            &Part::Star => vec!["*"],
            Part::Pieces(pieces) => pieces.iter().filter_map(Piece::placeholder).collect(),
        };
        let mut all: Vec<&str> = self.parts.iter().flat_map(of_part).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
    /// Returns what the placeholders stand for in `name`, or `None` if the name does not fit.
    pub fn matches(&self, name: &str) -> Option<Captures> {
        let without = name.strip_prefix(&*self.optional).filter(|_| self.has_optional());
        without.and_then(|name| self.match_parts(name)).or_else(|| self.match_parts(name))
    }
    /// Returns whether the pattern fits a name, or its beginning up to a dot.
    pub fn covers(&self, name: &str) -> bool {
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        ends.into_iter().any(|end| self.matches(&name[..end]).is_some())
    }
    fn match_parts(&self, name: &str) -> Option<Captures> {
        let star = self.parts.iter().position(|part| *part == Part::Star);
        let mut captures = Captures::default();
        let Some(star) = star else {
            let mut found = name.split('.');
            let all = self.parts.iter().all(|part| found.next().is_some_and(|text| part.matches(text, &mut captures)));
            return (all && found.next().is_none()).then_some(captures);
        };
        let (before, after) = (&self.parts[..star], &self.parts[star + 1..]);
        let mut rest = name;
        for part in before {
            let (text, behind) = rest.split_once('.')?;
            rest = part.matches(text, &mut captures).then_some(behind)?;
        }
        for part in after.iter().rev() {
            let (ahead, text) = rest.rsplit_once('.')?;
            rest = part.matches(text, &mut captures).then_some(ahead)?;
        }
        captures.star = Some(rest.into());
        Some(captures)
    }
    /// Returns the name with these numbers and this text; what stands in brackets is a part of it.
    pub fn fill(&self, captures: &Captures) -> String {
        let of_part = |part: &Part| match part {
            Part::Star => captures.star.clone().unwrap_or_default(),
            Part::Pieces(pieces) => pieces.iter().map(|piece| piece.fill(captures)).collect(),
        };
        let parts: Vec<String> = self.parts.iter().map(of_part).collect();
        format!("{}{}", self.optional, parts.join("."))
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Part::Star);
        }
        if text.contains('*') {
            return Err("a pattern whose `*` stands alone between dots");
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once('{') {
            let (name, after) = inside.split_once('}').ok_or("a pattern whose brace `{` is closed by `}`")?;
            if before.contains('}') {
                return Err("a pattern whose brace `}` is opened by `{`");
            }
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err("a pattern with names of letters, such as `{i}`, in its braces");
            }
            if after.starts_with(|c: char| c == '{' || c.is_ascii_digit()) {
                return Err("a pattern whose numbers `{i}` do not touch other numbers");
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.into()));
            }
            pieces.push(Piece::Number(name.into()));
            rest = after;
        }
        if rest.contains('}') {
            return Err("a pattern whose brace `}` is opened by `{`");
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.into()));
        }
        Ok(Part::Pieces(pieces))
    }
    /// Returns `true` if `text` fits, and adds its numbers to `captures`. A star fits only through [`Pattern::matches`].
    fn matches(&self, text: &str, captures: &mut Captures) -> bool {
        let Part::Pieces(pieces) = self else { return false };
        let mut rest = text;
        for piece in pieces {
            match piece {
                Piece::Text(text) => match rest.strip_prefix(&**text) {
                    Some(after) => rest = after,
                    None => return false,
                },
                Piece::Number(name) => {
                    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    let (digits, after) = rest.split_at(end);
                    if digits.is_empty() || !captures.add(name, digits) {
                        return false;
                    }
                    rest = after;
                }
            }
        }
        rest.is_empty()
    }
}

impl Piece {
    fn placeholder(&self) -> Option<&str> {
        match self {
            Piece::Text(_) => None,
            Piece::Number(name) => Some(name),
        }
    }
    fn fill<'a>(&'a self, captures: &'a Captures) -> &'a str {
        match self {
            Piece::Text(text) => text,
            Piece::Number(name) => captures.number(name),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what `name` becomes by a rename of `from` to `to`.
    fn rename(from: &str, to: &str, name: &str) -> Option<String> {
        let captures = Pattern::parse(from).unwrap().matches(name)?;
        Some(Pattern::parse(to).unwrap().fill(&captures))
    }

    #[test]
    fn numbers_are_whole_runs_of_digits() {
        let to = "layers.{i}.norm.weight";
        let of = |name: &str| rename("h.{i}.ln.weight", to, name);
        assert_eq!(of("h.0.ln.weight").as_deref(), Some("layers.0.norm.weight"));
        assert_eq!(of("h.047.ln.weight").as_deref(), Some("layers.047.norm.weight"));
        let long = "9".repeat(10_000);
        assert_eq!(of(&format!("h.{long}.ln.weight")), Some(format!("layers.{long}.norm.weight")));
        for other in ["h..ln.weight", "h.x.ln.weight", "h.1x.ln.weight", "h.-1.ln.weight", "h.١.ln.weight", "h.0.ln"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(of("h.0.ln.weight.more"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn several_numbers_stand_anywhere_in_a_part() {
        let of = |name: &str| rename("block{i}.conv_{j}x.weight_l{k}", "{k}.{j}.b{i}", name);
        assert_eq!(of("block3.conv_12x.weight_l0").as_deref(), Some("0.12.b3"));
        assert_eq!(of("block3.conv_x.weight_l0"), None);
        // The same placeholder is the same number.
        let same = |name: &str| rename("a.{i}.b.{i}", "{i}", name);
        assert_eq!(same("a.5.b.5").as_deref(), Some("5"));
        assert_eq!(same("a.5.b.6"), None);
    }

    #[test]
    fn a_star_takes_whole_parts() {
        assert_eq!(rename("h.{i}.ln.*", "n.{i}.*", "h.3.ln.weight").as_deref(), Some("n.3.weight"));
        assert_eq!(rename("h.*.bias", "*", "h.1.attn.bias").as_deref(), Some("1.attn"));
        assert_eq!(rename("*.position_ids", "*", "a.b.position_ids").as_deref(), Some("a.b"));
        assert_eq!(rename("*", "body.*", "a.b").as_deref(), Some("body.a.b"));
        // It takes one part at least, and no half ones.
        for name in ["position_ids", "a.xposition_ids", "a.position_ids.b"] {
            assert_eq!(rename("*.position_ids", "*", name), None, "{name}");
        }
    }

    #[test]
    fn text_in_brackets_may_lack() {
        let of = |name: &str| rename("[transformer.]wte.weight", "wte", name).is_some();
        assert!(of("transformer.wte.weight") && of("wte.weight"));
        assert!(!of("transformer.transformer.wte.weight") && !of("x.wte.weight"));
        // A name may begin with the text anyway.
        assert_eq!(rename("[a.]*", "*", "a.b").as_deref(), Some("b"));
        assert_eq!(rename("[a.]a.b", "c", "a.b").as_deref(), Some("c"));
        let pattern = Pattern::parse("[transformer.]h.{i}.*").unwrap();
        assert_eq!(pattern.fill(&pattern.matches("h.1.x").unwrap()), "transformer.h.1.x");
        assert_eq!(pattern.placeholders(), ["*", "i"]);
    }

    #[test]
    fn a_pattern_covers_what_is_inside_the_names_that_it_fits() {
        let covers = |pattern: &str, name: &str| Pattern::parse(pattern).unwrap().covers(name);
        assert!(covers("encoder", "encoder.dense1.weight") && covers("encoder", "encoder"));
        assert!(!covers("encoder", "encoder2.weight") && !covers("dense1", "encoder.dense1.weight"));
        assert!(covers("layers.{i}.norm", "layers.11.norm.bias") && !covers("layers.{i}.norm", "layers.x.norm.bias"));
        assert!(covers("*.norm", "layers.0.norm.bias") && covers("*.bias", "a.b.bias") && !covers("*.bias", "a.bias2"));
        assert!(covers("[model.]head", "head.weight") && covers("[model.]head", "model.head.weight"));
    }

    #[test]
    fn wrong_patterns_are_refused() {
        for (text, expected) in [
            ("", "empty"),
            ("[a.]", "empty"),
            ("[a.h", "closed by `]`"),
            ("[{i}.]h", "plain text in its brackets"),
            ("h.[a]", "around its beginning"),
            ("h.{i", "closed by `}`"),
            ("h.i}", "opened by `{`"),
            ("h.}{i}", "opened by `{`"),
            ("h.{}", "names of letters"),
            ("h.{i+1}", "names of letters"),
            ("h.{i}{j}", "do not touch"),
            ("h.{i}0", "do not touch"),
            ("h.*x", "alone between dots"),
            ("*.h.*", "at most one `*`"),
        ] {
            let error = Pattern::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
