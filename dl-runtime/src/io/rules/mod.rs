//! Rules for files of other libraries: which tensor of a file is which tensor of a model, and how their layouts differ.

mod convert;
mod layout;
mod pattern;
mod plan;
mod restore;
mod select;
mod source;

use crate::{Error, Result};
pub use convert::Converted;
use layout::Layout;
use pattern::{Captures, Pattern};
pub(super) use plan::Name;
pub(crate) use select::select;
pub(super) use source::{Same, Source};
use std::fmt::{self, Display};

/// Rules that lead from the tensors of a file to those of a model, for [`Load::rules`](super::Load::rules) and back for
/// [`Save::rules`](super::Save::rules).
///
/// A rule names tensors by patterns. `{i}` is a number (digits only), under any name in the braces; `*` stands alone between dots and
/// is one or more whole parts of a name; and the beginning of a name in the file may be in brackets if some files lack it:
/// `[transformer.]h.{i}.ln_1.*` fits `transformer.h.0.ln_1.weight` and `h.11.ln_1.bias`. Names in the model have the same placeholders.
/// A tensor that no rule fits keeps its name, and one that two rules fit is an error.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::io::Rules;
/// let rules = Rules::new()
///     .rename("[transformer.]h.{i}.ln_1.*", "layers.{i}.norm1.*")
///     .rename("[transformer.]h.{i}.attn.c_proj.*", "layers.{i}.attn.out.*")
///     .transpose("[transformer.]h.{i}.attn.c_proj.weight")
///     .skip("[transformer.]h.{i}.attn.bias");
/// ```
///
/// [`transformers`](super::transformers) has the rules of some models of that library. A wrong pattern is reported when the rules are
/// used.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    layouts: Vec<(Pattern, Layout)>,
    ties: Vec<Tie>,
    strict: bool,
    /// The first mistake of these rules.
    wrong: Option<Wrong>,
}

/// Tensors of the file that become tensors of the model: one to one, one to several, several to one, or one to none.
#[derive(Clone, Debug)]
struct Rule {
    word: &'static str,
    files: Vec<Pattern>,
    /// The axis along which parts lie, in the file.
    axis: usize,
    models: Vec<Pattern>,
}

/// A tensor that equals another, so that files may lack it.
#[derive(Clone, Debug)]
struct Tie {
    tied: Pattern,
    kept: Pattern,
}

/// A setting that is not as expected.
#[derive(Clone, Debug)]
struct Wrong {
    setting: &'static str,
    expected: String,
    found: String,
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Error {
        let Wrong { setting, expected, found } = wrong;
        Error::Setting { setting, of: "Rules", expected, found }
    }
}

impl Rules {
    /// Creates rules that leave every tensor as it is.
    pub fn new() -> Self {
        Self::default()
    }
    /// A tensor of the file has another name in the model.
    pub fn rename(self, file: &str, model: &str) -> Self {
        self.rule("rename", &[file], 0, &[model])
    }
    /// A tensor of the file is several tensors of the model, one after the other along an `axis` of the tensor in the file. The
    /// model's shapes say how large each part is.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::io::Rules;
    /// // Queries, keys and values in one tensor, as in PyTorch's `MultiheadAttention`.
    /// let rules = Rules::new()
    ///     .split("attention.in_proj_weight", 0, ["attention.q.weight", "attention.k.weight", "attention.v.weight"]);
    /// ```
    pub fn split<'p>(self, file: &str, axis: usize, model: impl AsRef<[&'p str]>) -> Self {
        self.rule("split", &[file], axis, model.as_ref())
    }
    /// Several tensors of the file are one tensor of the model, one after the other along an `axis` of the tensors in the file.
    ///
    /// [`Save::rules`](super::Save::rules) cannot take such a tensor apart, because the sizes of its parts are not known.
    pub fn join<'p>(self, files: impl AsRef<[&'p str]>, axis: usize, model: &str) -> Self {
        self.rule("join", files.as_ref(), axis, &[model])
    }
    /// Tensors of the file are no part of the model, such as masks and other buffers. They are passed over even if other rules fit them.
    pub fn skip(self, file: &str) -> Self {
        self.rule("skip", &[file], 0, &[])
    }
    /// Tensors of the file have [in, out] where the model has [out, in], as in the `Conv1D` of GPT-2.
    ///
    /// This and the other differences of layout are in addition to the rule that gives the tensor its name, and do not depend on the
    /// order of the calls; several that fit the same tensor apply one after another.
    pub fn transpose(self, file: &str) -> Self {
        self.layout("transpose", file, Ok(Layout::Transpose))
    }
    /// Tensors of the file have `dimensions` of size 1 before those of the model, such as class tokens and positions with a dimension
    /// for the batch.
    pub fn leading(self, file: &str, dimensions: usize) -> Self {
        // No tensor has more, and so the shapes in errors stay short.
        let layout = if dimensions <= 16 {
            Ok(Layout::Leading(dimensions))
        } else {
            Err(("at most 16", dimensions.to_string()))
        };
        self.layout("leading", file, layout)
    }
    /// The rows (the first axis in the model) are equal blocks in another order: block `k` of the model is block `order[k]` of the
    /// file. For gates of a GRU from a library that has (z, r, n), where PyTorch has (r, z, n): `[1, 0, 2]`.
    pub fn reorder(self, file: &str, order: impl AsRef<[usize]>) -> Self {
        let order = order.as_ref();
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let layout = if !order.is_empty() && sorted.into_iter().eq(0..order.len()) {
            Ok(Layout::Reorder(order.to_vec()))
        } else {
            Err(("every number from 0 on once", format!("{order:?}")))
        };
        self.layout("reorder", file, layout)
    }
    /// The rows (the first axis in the model) are `groups` equal groups, each of pairs of rows in the file, and of all first rows before
    /// all second rows in the model. So queries and keys of rotary attention with neighbouring pairs, as in the original Llama, become
    /// those with halves, as in `transformers`; `groups` is the number of their heads.
    pub fn deinterleave(self, file: &str, groups: usize) -> Self {
        let fits = groups > 0 && groups <= usize::MAX / 2;
        let layout = if fits { Ok(Layout::Deinterleave(groups)) } else { Err(("at least 1", groups.to_string())) };
        self.layout("deinterleave", file, layout)
    }
    /// The tensor `tied` of the file equals its tensor `kept`, so that some files lack it. A model that has both gets the numbers of
    /// `kept` twice from such a file. If the file has both and the model only one, they must be equal indeed.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::io::Rules;
    /// let rules = Rules::new()
    ///     .rename("model.embed_tokens.weight", "wte.weight")
    ///     .rename("lm_head.weight", "head.weight")
    ///     .tied("lm_head.weight", "model.embed_tokens.weight");
    /// ```
    pub fn tied(mut self, tied: &str, kept: &str) -> Self {
        let patterns = self.pattern("tied", tied).zip(self.pattern("tied", kept));
        let Some((tied, kept)) = patterns else { return self };
        if tied.placeholders() == kept.placeholders() {
            self.ties.push(Tie { tied, kept });
            self
        } else {
            self.fail("tied", "two patterns with the same placeholders", format!("`{tied}` and `{kept}`"))
        }
    }
    /// Puts `prefix` before all names in the model, for a model inside another: `under("body.")`. Rules that are added later do not get it.
    pub fn under(mut self, prefix: &str) -> Self {
        for at in 0..self.rules.len() {
            let under: Result<Vec<Pattern>, _> =
                self.rules[at].models.iter().map(|model| model.under(prefix)).collect();
            match under {
                Ok(models) => self.rules[at].models = models,
                Err(expected) => return self.fail("under", expected, prefix.into()),
            }
        }
        self
    }
    /// Makes a rule that fits no tensor of the file an error. By default such rules are passed over, because files of one library
    /// differ from version to version.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }
    /// Adds the rules of `other`.
    pub fn and(mut self, other: Rules) -> Self {
        self.rules.extend(other.rules);
        self.layouts.extend(other.layouts);
        self.ties.extend(other.ties);
        self.strict |= other.strict;
        self.wrong = self.wrong.or(other.wrong);
        self
    }

    fn rule(mut self, word: &'static str, files: &[&str], axis: usize, models: &[&str]) -> Self {
        let files: Option<Vec<Pattern>> = files.iter().map(|text| self.pattern(word, text)).collect();
        let models: Option<Vec<Pattern>> = models.iter().map(|text| self.pattern(word, text)).collect();
        let (Some(files), Some(models)) = (files, models) else { return self };
        if files.is_empty() || models.is_empty() && word != "skip" {
            return self.fail(word, "a rule with at least one name on each side", "no name".into());
        }
        if let Some(model) = models.iter().find(|model| model.has_optional()) {
            return self.fail(word, "a name in the model without brackets", model.to_string());
        }
        let first = files[0].placeholders();
        if let Some(other) = files.iter().chain(&models).find(|pattern| pattern.placeholders() != first) {
            let found = format!("`{}` and `{other}`", files[0]);
            return self.fail(word, "a rule with the same placeholders in all of its names", found);
        }
        self.rules.push(Rule { word, files, axis, models });
        self
    }
    fn layout(mut self, word: &'static str, file: &str, layout: Result<Layout, (&str, String)>) -> Self {
        let Some(file) = self.pattern(word, file) else { return self };
        match layout {
            Ok(layout) => self.layouts.push((file, layout)),
            Err((expected, found)) => return self.fail(word, expected, found),
        }
        self
    }
    fn pattern(&mut self, word: &'static str, text: &str) -> Option<Pattern> {
        let wrong = |expected: &str| Wrong { setting: word, expected: expected.into(), found: format!("`{text}`") };
        match Pattern::parse(text) {
            Ok(pattern) => Some(pattern),
            Err(expected) => {
                self.wrong.get_or_insert(wrong(expected));
                None
            }
        }
    }
    fn fail(mut self, setting: &'static str, expected: &str, found: String) -> Self {
        self.wrong.get_or_insert(Wrong { setting, expected: expected.into(), found });
        self
    }
    /// Returns the first mistake as an error.
    fn check(&self) -> Result<()> {
        self.wrong.clone().map_or(Ok(()), |wrong| Err(wrong.into()))
    }
    /// Returns the layouts of the tensor with this name in the file.
    fn layouts_of(&self, name: &str) -> Vec<Layout> {
        let fitting = self.layouts.iter().filter(|(file, _)| file.matches(name).is_some());
        fitting.map(|(_, layout)| layout.clone()).collect()
    }
}

impl Rule {
    /// Returns what the placeholders of the first name that fits stand for, and the number of this name among the files.
    fn matches(&self, name: &str) -> Option<(usize, Captures)> {
        self.files.iter().enumerate().find_map(|(at, file)| Some((at, file.matches(name)?)))
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.models.is_empty() { "" } else { ", …" };
        write!(f, "{}(\"{}\"{more})", self.word, self.files[0])
    }
}

impl Display for Tie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tied(\"{}\", \"{}\")", self.tied, self.kept)
    }
}

/// Returns a number with a word for what is counted.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
