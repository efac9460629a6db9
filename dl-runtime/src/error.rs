//! The one error type: every variant says what was wrong, where, what was expected and what was found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong at run time. Shape mistakes in code are compile errors instead.
///
/// What was read from memory instead of a file has the path [`IN_MEMORY`].
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing a file failed.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not what its format allows: truncated, mislabelled, damaged or made to do harm.
    #[error("{path}: not a sound {format} file: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Such as `IDX`.
        format: &'static str,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A file is of another kind, which its first bytes show.
    #[error("{path}: this is {found}, not {} {expected} file; {advice}", article(expected), path = path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Such as `safetensors`.
        expected: &'static str,
        /// What it is, such as `a zip archive that PyTorch saved`.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A field of a table is not what its column holds.
    #[error("{path}, line {line}, column `{column}`: expected {expected}, found `{found}`", path = path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Counted from 1, header included.
        line: u64,
        /// Name of the column, or its number counted from 1 where there is no header.
        column: Box<str>,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: Box<str>,
    },
    /// A field of a table is empty, or says that its number is missing.
    #[error("{path}, line {line}, column `{column}`: the cell is blank; {}", blank(*target), path = path.display())]
    BlankCell {
        /// The file.
        path: PathBuf,
        /// Counted from 1, header included.
        line: u64,
        /// Name of the column, or its number counted from 1 where there is no header.
        column: Box<str>,
        /// Whether it is a column of the target, which is never filled.
        target: bool,
    },
    /// The first line of a table should name its columns, and is all numbers.
    #[error(
        "{path}: the first line names no columns, it is numbers: {numbers}; `.header(false)` reads a table without names, \
         `.header(true)` takes these for the names",
        path = path.display(), numbers = Names::of(found)
    )]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// The fields of the first line.
        found: Vec<String>,
    },
    /// A table has no such column.
    #[error("{path}: no column `{column}`; the columns are {columns}", path = path.display(), columns = Names::of(columns))]
    Column {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        column: String,
        /// What is there.
        columns: Vec<String>,
    },
    /// The tensors of a file and of a model have different names.
    #[error("{path}: does not fit the model `{model}`{}", mismatch(missing, unexpected, renamed), path = path.display())]
    TensorNames {
        /// The file.
        path: PathBuf,
        /// The model.
        model: &'static str,
        /// Of the model, and not in the file.
        missing: Vec<String>,
        /// In the file, by their names there, and not of the model.
        unexpected: Vec<String>,
        /// What [`Load`](crate::io::Load) renamed those of the file to, where that is another name.
        renamed: BTreeMap<String, String>,
    },
    /// A file lacks tensors of the model that are the same as others by its metadata, as `save_model` of safetensors writes it.
    #[error("{path}: does not fit the model `{model}`; it lacks {}", ties(tied), path = path.display())]
    TensorsTied {
        /// The file.
        path: PathBuf,
        /// The model.
        model: &'static str,
        /// Each of them, with the name in the file of the other.
        tied: BTreeMap<String, String>,
    },
    /// No tensor of a file is one of the model's, although the file and the model may differ.
    #[error("{path}: nothing to load for the model `{model}`{}", mismatch(missing, unexpected, renamed), path = path.display())]
    NothingToLoad {
        /// The file.
        path: PathBuf,
        /// The model.
        model: &'static str,
        /// All tensors of the model.
        missing: Vec<String>,
        /// All tensors of the file, by their names there.
        unexpected: Vec<String>,
        /// What [`Load`](crate::io::Load) renamed those of the file to, where that is another name.
        renamed: BTreeMap<String, String>,
    },
    /// A rename of [`Load`](crate::io::Load) fits no tensor of the file.
    #[error("{path}: the rename of `{from}` to `{to}` fits no tensor; {}", begin(names, *earlier), path = path.display())]
    Rename {
        /// The file.
        path: PathBuf,
        /// How names should begin.
        from: String,
        /// What they should begin with instead.
        to: String,
        /// The names as the renames before this one left them.
        names: Vec<String>,
        /// How many renames came before this one.
        earlier: usize,
    },
    /// A file has no tensor of this name.
    #[error("{path}: no tensor `{tensor}`", path = path.display())]
    NoTensor {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        tensor: String,
    },
    /// A tensor of a file has another shape than the model's.
    #[error("{path}: tensor `{tensor}`{}: expected shape {expected:?}, found {found:?}", to(renamed.as_deref()), path = path.display())]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// What [`Load`](crate::io::Load) renamed it to, where that is another name.
        renamed: Option<String>,
        /// The model's.
        expected: Vec<usize>,
        /// The file's.
        found: Vec<usize>,
    },
    /// A tensor of a file has elements that cannot become `f32`.
    #[error("{path}: tensor `{tensor}`{}: expected elements F32, F16, BF16 or F64, found {found}", to(renamed.as_deref()), path = path.display())]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// What [`Load`](crate::io::Load) renamed it to, where that is another name.
        renamed: Option<String>,
        /// The file's element type.
        found: String,
    },
    /// A tensor of a file holds something that is not a finite number.
    #[error("{path}: tensor `{tensor}`{}: expected finite numbers, found {value} at {index:?}", to(renamed.as_deref()), path = path.display())]
    TensorNotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// What [`Load`](crate::io::Load) renamed it to, where that is another name.
        renamed: Option<String>,
        /// Where in the tensor, outermost dimension first.
        index: Vec<usize>,
        /// NaN or an infinity.
        value: f32,
    },
    /// A class label is not among the model's classes.
    #[error("sample {sample}: label {label} is out of range; with {classes} classes, labels are 0 to {}", classes.saturating_sub(1))]
    LabelOutOfRange {
        /// Index of the sample in the data set.
        sample: usize,
        /// Its label.
        label: u32,
        /// How many classes there are.
        classes: usize,
    },
    /// A token of an input is not in the vocabulary of its embedding.
    #[error("sample {sample}: token {token} is out of range; with a vocabulary of {vocabulary}, tokens are 0 to {}", vocabulary.saturating_sub(1))]
    TokenOutOfRange {
        /// Index of the sample in the batch or data set.
        sample: usize,
        /// The token.
        token: u32,
        /// How many tokens there are.
        vocabulary: usize,
    },
    /// Logits by which no token can be drawn, since one of them is NaN or +inf.
    #[error(
        "the logit of token {token} is {value}; logits must be finite numbers, or -inf for tokens that are never drawn"
    )]
    Logit {
        /// The first such token.
        token: u32,
        /// NaN or infinity.
        value: f32,
    },
    /// Logits by which no token can be drawn, since all of them are -inf.
    #[error("no token can be drawn: all {tokens} logits are -inf")]
    NoToken {
        /// The number of logits.
        tokens: usize,
    },
    /// A character of a text is not in the vocabulary.
    #[error(
        "character {character:?} (U+{:04X}) at byte {at} of the text is not in the vocabulary of {vocabulary} characters",
        u32::from(*character)
    )]
    UnknownCharacter {
        /// The character.
        character: char,
        /// The byte at which it begins: `&text[at..]` begins with it.
        at: usize,
        /// The size of the vocabulary.
        vocabulary: usize,
    },
    /// A token that should be decoded is not in the vocabulary.
    #[error("token {token} at index {index} is out of range; with a vocabulary of {vocabulary}, tokens are 0 to {}", vocabulary.saturating_sub(1))]
    UnknownToken {
        /// Its index in the list of tokens.
        index: usize,
        /// The token.
        token: u32,
        /// The size of the vocabulary.
        vocabulary: usize,
    },
    /// A list of tokens is shorter than one window and the token after it.
    #[error("a window of {length} tokens and the token after it do not fit into {found} tokens")]
    FewTokens {
        /// The number of tokens in the list.
        found: usize,
        /// The number of tokens in a window.
        length: usize,
    },
    /// A sample holds something that is not a finite number.
    #[error("sample {sample}: expected finite numbers, found {value} {}", place(index))]
    SampleNotFinite {
        /// Index of the sample in the data set.
        sample: usize,
        /// Where in the sample, outermost dimension first: the column, for a row of a table.
        index: Vec<usize>,
        /// NaN or an infinity.
        value: f32,
    },
    /// A target is not a number that its loss can take.
    #[error("sample {sample}: target {value} {}", if value.is_finite() { format!("is out of range; expected {low} to {high}") } else { "is not a finite number".into() })]
    TargetOutOfRange {
        /// Index of the sample in the data set.
        sample: usize,
        /// Its target, or one number of it.
        value: f32,
        /// The smallest that is allowed.
        low: f32,
        /// The largest that is allowed.
        high: f32,
    },
    /// A target is not a number that a loss of yes and no can take.
    #[error("sample {sample}: target {value} is neither 1 nor -1")]
    TargetNotASign {
        /// Index of the sample in the data set.
        sample: usize,
        /// Its target, or one number of it.
        value: f32,
    },
    /// A number of an input is NaN or infinite.
    #[error("sample {sample}: input {value} is not a finite number")]
    InputNotFinite {
        /// Index of the sample in the data set or batch.
        sample: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// What is wrong with the samples of a data set or batch: the text of `source` with the name of the set.
    #[error("{}", of_data(set, source))]
    DataSet {
        /// `training set`, `validation set` or `batch`.
        set: &'static str,
        /// [`Error::InputNotFinite`], [`Error::LabelOutOfRange`] and others.
        source: Box<Error>,
    },
    /// A batch has fewer samples than a layer or a loss can compare.
    #[error(
        "{batch} has {found} sample{}, but {of} needs at least {least}{}{help}",
        if *found == 1 { "" } else { "s" }, if help.is_empty() { "" } else { "; " }
    )]
    SmallBatch {
        /// Which one: `batch 3 of 3 of the training set`, or `the batch` of a session.
        batch: String,
        /// Its samples.
        found: usize,
        /// Such as ``layer `norm` in training`` or ``loss `nt_xent` ``.
        of: String,
        /// The fewest that it can compare.
        least: usize,
        /// What to do.
        help: &'static str,
    },
    /// A setting of a loss, an optimizer, a schedule, a metric, a session or the trainer is not in its range.
    #[error("`{setting}` of `{of}` is {found}; it must be {expected}")]
    Setting {
        /// Such as `learning_rate`.
        setting: &'static str,
        /// The type or the function whose setting it is, such as `Adam`.
        of: &'static str,
        /// Its range, such as `from 0 to 1`.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A data set has no samples where some are needed.
    #[error("the {what} is empty")]
    Empty {
        /// Such as `training set`.
        what: &'static str,
    },
    /// As many targets as inputs are needed.
    #[error("a data set needs one target per input: found {inputs} inputs and {targets} targets")]
    UnequalLengths {
        /// How many inputs there are.
        inputs: usize,
        /// How many targets there are.
        targets: usize,
    },
    /// An array given at run time has another shape than the type that should hold it.
    #[error("{what}: expected shape {}, found {found:?}", Shape(expected))]
    Shape {
        /// What was converted.
        what: &'static str,
        /// The type's; `None` stands for any size.
        expected: Vec<Option<usize>>,
        /// The array's.
        found: Vec<usize>,
    },
    /// A checkpoint cannot go on as this training: it is of another version, model, optimizer or setting.
    #[error("{path}: checkpoint of another {what}: expected {expected}, found {found}", path = path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The setting that differs, such as `model`, `optimizer` or `batch size`.
        what: &'static str,
        /// The value of the training that should go on.
        expected: String,
        /// The value in the file.
        found: String,
    },
    /// Training came to something that is not a finite number.
    #[error(
        "step {step}: {layer} is not finite (NaN or infinity); \
         a smaller learning rate, gradient clipping or normalised inputs may help"
    )]
    NotFinite {
        /// Of training, counted from 1.
        step: u64,
        /// The first that is not finite, such as ``layer `conv1` `` or ``gradient of `conv1.weight` ``.
        layer: String,
    },
    /// Validation came to something that is not a finite number.
    #[error("after step {step}: {layer} is not finite (NaN or infinity) for sample {sample} of the validation set")]
    ValidationNotFinite {
        /// Steps of the training before this validation.
        step: u64,
        /// The first sample whose loss is not finite: its index in the validation set.
        sample: usize,
        /// The first that is not finite, such as `the output` or ``weight `conv1.weight` ``.
        layer: String,
    },
    /// The machine has no such device.
    #[error("no {device} here: {reason}")]
    NoDevice {
        /// Such as `CUDA device 0`.
        device: String,
        /// What was tried, and what to install.
        reason: String,
    },
    /// The memory of a device is full.
    #[error("{device}: out of memory: {}{free} of {total} bytes are free; a smaller batch needs less", asked(*wanted))]
    DeviceMemory {
        /// The device.
        device: String,
        /// Bytes asked for, where numbers were; kernels and graphs need memory of the device, too.
        wanted: Option<usize>,
        /// Bytes free, together.
        free: usize,
        /// Bytes of the device.
        total: usize,
    },
    /// The memory of the host is full, or would be.
    #[error("out of memory: {wanted} bytes were asked for; a smaller batch needs less")]
    Memory {
        /// Bytes asked for.
        wanted: usize,
    },
    /// A device reports an error. What it holds may be lost.
    #[error("the device failed while {doing}: {reason}")]
    DeviceFailed {
        /// What it should have done.
        doing: String,
        /// What its driver says.
        reason: String,
    },
}

/// The path in errors about bytes that came from no file.
pub const IN_MEMORY: &str = "<memory>";

/// The message, as `Display`: it is what a program prints whose `main` returns an error.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// This error about a tensor of a file that was renamed to `model`, with that name.
    pub(crate) fn with_name_in_model(mut self, model: &str) -> Error {
        if let Error::TensorShape { tensor, renamed, .. }
        | Error::TensorType { tensor, renamed, .. }
        | Error::TensorNotFinite { tensor, renamed, .. } = &mut self
        {
            *renamed = (tensor != model).then(|| model.into());
        }
        self
    }
    /// The same error about the samples of `set`; a setting is wrong whatever the samples are.
    pub(crate) fn of_data(self, set: &'static str) -> Error {
        match self {
            Error::Setting { .. } => self,
            source => Error::DataSet { set, source: Box::new(source) },
        }
    }
    /// The sample that it is about.
    fn sample(&self) -> Option<usize> {
        match self {
            Error::InputNotFinite { sample, .. }
            | Error::LabelOutOfRange { sample, .. }
            | Error::TokenOutOfRange { sample, .. }
            | Error::TargetOutOfRange { sample, .. }
            | Error::TargetNotASign { sample, .. } => Some(*sample),
            _ => None,
        }
    }
    /// [`Error::Io`] about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}

/// The text of an error about a data set: `sample 7 of the validation set: …`.
fn of_data(set: &str, error: &Error) -> String {
    let text = error.to_string();
    match (error, error.sample()) {
        (Error::UnequalLengths { inputs, targets }, _) => {
            format!("the {set} needs one target per input: found {inputs} inputs and {targets} targets")
        }
        (_, Some(sample)) => {
            let name = format!("sample {sample}");
            format!("{name} of the {set}{}", text.strip_prefix(&name).unwrap_or(&text))
        }
        _ => format!("{set}: {text}"),
    }
}

/// How much was asked for, where that is known.
fn asked(wanted: Option<usize>) -> String {
    wanted.map_or(String::new(), |wanted| format!("{wanted} bytes were asked for, "))
}

/// The place in a sample: a column of a row, or the indices of all dimensions.
fn place(index: &[usize]) -> String {
    match index {
        [column] => format!("in column {column}"),
        index => format!("at {index:?}"),
    }
}

fn article(name: &str) -> &'static str {
    if name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" }
}

/// What can be done with a blank cell.
fn blank(target: bool) -> &'static str {
    match target {
        false => "`.blank(Blank::Drop)` leaves such lines out, `.blank(Blank::Fill(0.0))` fills such cells",
        true => "`.blank(Blank::Drop)` leaves such lines out",
    }
}

/// What a tensor was renamed to.
fn to(renamed: Option<&str>) -> String {
    renamed.map_or(String::new(), |name| format!(" (renamed to `{name}`)"))
}

/// How the names that a rename should fit begin.
fn begin(names: &[String], earlier: usize) -> String {
    match (names, earlier) {
        ([], _) => "there is none".into(),
        (names, 0) => format!("the names are {}", Names::of(names)),
        (names, 1) => format!("after the rename before it, the names are {}", Names::of(names)),
        (names, _) => format!("after the renames before it, the names are {}", Names::of(names)),
    }
}

/// Which tensors a file and a model do not share.
fn mismatch(missing: &[String], unexpected: &[String], renamed: &BTreeMap<String, String>) -> String {
    let part = |words, all: Names<'_>| match all.names {
        [] => String::new(),
        [_] => format!("; {words} tensor {all}"),
        names => format!("; {words} {} tensors: {all}", names.len()),
    };
    part("it lacks", Names::of(missing)) + &part("the model lacks", Names { names: unexpected, renamed: Some(renamed) })
}

/// Tensors that are the same as others, and how to save all of them.
fn ties(tied: &BTreeMap<String, String>) -> String {
    let one = |(name, other)| format!("`{name}`, which its metadata ties to `{other}`");
    let all: Vec<String> = tied.iter().map(one).collect();
    all.join(", and ")
        + "; in Python, `save_file({k: v.clone() for k, v in model.state_dict().items()}, …)` writes both"
}

/// Names in backticks, the first few of them.
pub(crate) struct Names<'a> {
    names: &'a [String],
    /// What some of them were renamed to.
    renamed: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Names<'a> {
    const SHOWN: usize = 8;

    pub(crate) fn of(names: &'a [String]) -> Self {
        Names { names, renamed: None }
    }
}

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.names.iter().take(Self::SHOWN).enumerate() {
            write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
            f.write_str(&to(self.renamed.and_then(|renamed| renamed.get(name)).map(String::as_str)))?;
        }
        match self.names.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A shape in which some sizes are free.
struct Shape<'a>(&'a [Option<usize>]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, size) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match size {
                Some(size) => write!(f, "{size}")?,
                None => f.write_str("any")?,
            }
        }
        f.write_str("]")
    }
}
