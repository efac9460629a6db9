//! The error of [`Trainer::fit`](super::Trainer::fit): what went wrong, and what the training had reached by then.

use super::History;
use crate::Error;
use std::fmt;

/// What ended a training that cannot go on, with the history up to then.
///
/// It reads like the [`Error`] in it, and `?` turns it into that one where a function returns a `dl::Result`.
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
    /// What went wrong.
    pub fn error(&self) -> &Error {
        &self.0.error
    }
    /// The epochs that were finished, and in [`History::best`] the one whose weights the network has.
    pub fn history(&self) -> &History {
        &self.0.history
    }
    /// [`TrainError::history`] as a value.
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

/// The message, as `Display`: it is what a program prints whose `main` returns an error.
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
