//! The one error type: every variant says what was wrong, where, what was expected and what was found.

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
    /// A table has no such column.
    #[error("{path}: no column `{column}`; the columns are {columns}", path = path.display(), columns = Names(columns))]
    Column {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        column: String,
        /// What is there.
        columns: Vec<String>,
    },
    /// The tensors of a file and of a model have different names.
    #[error("{path}: does not fit the model `{model}`{}", Names::mismatch(missing, unexpected), path = path.display())]
    TensorNames {
        /// The file.
        path: PathBuf,
        /// The model.
        model: &'static str,
        /// Of the model, and not in the file.
        missing: Vec<String>,
        /// In the file, and not of the model.
        unexpected: Vec<String>,
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
    #[error("{path}: tensor `{tensor}`: expected shape {expected:?}, found {found:?}", path = path.display())]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// The model's.
        expected: Vec<usize>,
        /// The file's.
        found: Vec<usize>,
    },
    /// A tensor of a file has elements that cannot become `f32`.
    #[error("{path}: tensor `{tensor}`: expected elements F32, F16, BF16 or F64, found {found}", path = path.display())]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// The file's element type.
        found: String,
    },
    /// A tensor of a file holds something that is not a finite number.
    #[error("{path}: tensor `{tensor}`: expected finite numbers, found {value} at {index:?}", path = path.display())]
    TensorNotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
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
    /// A setting of a loss, an optimizer, a session or the trainer is not in its range.
    #[error("{setting}: expected {expected}, found {found}")]
    Setting {
        /// Such as `label_smoothing`.
        setting: &'static str,
        /// Its range, such as `0 to 1`.
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
    /// The same error about the samples of `set`.
    pub(crate) fn of_data(self, set: &'static str) -> Error {
        Error::DataSet { set, source: Box::new(self) }
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

/// Names in backticks, the first few of them.
struct Names<'a>(&'a [String]);

impl Names<'_> {
    const SHOWN: usize = 8;

    fn mismatch(missing: &[String], unexpected: &[String]) -> String {
        let part = |words, names: &[String]| match names {
            [] => String::new(),
            [name] => format!("; {words} tensor `{name}`"),
            names => format!("; {words} {} tensors: {}", names.len(), Names(names)),
        };
        part("it lacks", missing) + &part("the model lacks", unexpected)
    }
}

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().take(Self::SHOWN).enumerate() {
            write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(Self::SHOWN) {
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
