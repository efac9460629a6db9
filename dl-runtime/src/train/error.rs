//! The error of [`Trainer::fit`](super::Trainer::fit): the cause, and the history of the training until then.

use super::History;
use crate::Error;
use std::fmt;

/// The error that ended a training, with the history until then.
///
/// Its message is that of the [`Error`] inside, and `?` converts it into that error in a function that returns a `dl::Result`.
///
/// ```
/// # use dl_runtime as dl;
/// # type Digits = dl::data::Dataset<dl::data::Digit, u32>;
/// # fn example<LeNet: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>(net: &mut LeNet, data: &Digits) -> dl::Result<()> {
/// use dl::prelude::*;
/// let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).early_stopping(3);
/// let history = match trainer.fit(net, data) {
///     Ok(history) => history,
///     Err(error) if matches!(error.error(), dl::Error::NotFinite { .. }) => {
///         eprintln!("{error}");
///         error.into_history()
///     }
///     Err(error) => return Err(error.into()),
/// };
/// history.plot_svg("history.svg")?;
/// # Ok(())
/// # }
/// ```
pub struct TrainError(Box<Inner>);

struct Inner {
    error: Error,
    history: History,
}

impl TrainError {
    pub(super) fn new(error: Error, history: History) -> Self {
        TrainError(Box::new(Inner { error, history }))
    }
    /// Returns the error that ended the training.
    pub fn error(&self) -> &Error {
        &self.0.error
    }
    /// Returns the history of the finished epochs; [`History::best`] is the epoch whose weights the network has.
    pub fn history(&self) -> &History {
        &self.0.history
    }
    /// Converts the error into its history.
    pub fn into_history(self) -> History {
        self.0.history
    }
}

impl From<TrainError> for Error {
    fn from(error: TrainError) -> Error {
        error.0.error
    }
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

/// Formats the same message as `Display`, because a program whose `main` returns an error prints its `Debug` form.
impl fmt::Debug for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TrainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().source()
    }
}
