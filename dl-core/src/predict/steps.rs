//! Prediction of a stream, row by row: the trait [`PredictSteps`], and what a model remembers of a stream.

use super::{Declared, Zeroed};

/// A model of one sequence whose layers all go forward in time and remember a constant amount: it predicts row by row without a heap, by
/// [`Declared::step_into`].
///
/// ```ignore
/// static NET: &Keyword = dl::include_model!(Keyword, "keyword.safetensors");
///
/// let (mut scores, mut stream, mut scratch) = ([0.0; 4], dl::Stream::new(), dl::Scratch::new());
/// loop {
///     NET.step_into(&next_row(), &mut scores, &mut stream, &mut scratch);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be continued step by step without a heap",
    label = "`step_into` wants a model of one sequence, whose layers all go forward in time",
    note = "the input of such a model is one sequence of run-time length, such as `[.., 8]`"
)]
pub trait PredictSteps: Declared {
    /// The memory of the layers of a stream.
    #[doc(hidden)]
    type State: Zeroed;

    /// [`Declared::step_into`] for the row at a position, with the memory inside of a [`Stream`] and of a [`Scratch`](super::Scratch).
    #[doc(hidden)]
    fn step_with(
        &self,
        input: &Self::Takes,
        output: &mut Self::Makes,
        state: &mut Self::State,
        memory: &mut Self::Memory,
        position: u64,
    );
}

/// A running sequence that the model `M` is shown row by row: what its layers remember of it.
///
/// Its size is a constant, which a program can limit: `const _: () = assert!(size_of::<dl::Stream<Keyword>>() < 1024);`. It lies where the
/// program puts it, on the stack or in a `static`.
pub struct Stream<M: PredictSteps> {
    pub(super) state: M::State,
    /// The number of rows so far. At one row in each nanosecond, it overflows after five hundred years.
    pub(super) rows: u64,
}

impl<M: PredictSteps> Stream<M> {
    /// Returns a stream without rows.
    pub const fn new() -> Self {
        Stream { state: <M::State as Zeroed>::ZERO, rows: 0 }
    }
    /// Returns the number of rows that the stream has had.
    pub fn rows(&self) -> u64 {
        self.rows
    }
    /// Forgets all rows.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}

impl<M: PredictSteps> Default for Stream<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Lets rustc say which layer of a model of sequences cannot be continued, where a program asks for a step:
/// `no_predict_steps!([] PredictsSteps: Net, "…")`.
///
/// The bound is never met. It has a lifetime, since rustc refuses others that cannot be met already where they stand.
#[doc(hidden)]
#[macro_export]
macro_rules! no_predict_steps {
    ([$($parameters:tt)*] $bound:ident: $model:ty, $message:literal) => {
        #[diagnostic::on_unimplemented(
            message = $message,
            label = "`step_into` wants a model of one sequence, whose layers all go forward in time"
        )]
        pub trait $bound {}
        impl<$($parameters)*> $crate::PredictSteps for $model
        where
            for<'a> &'a $model: $bound,
        {
            type State = ();
            fn step_with(
                &self,
                _: &Self::Takes,
                _: &mut Self::Makes,
                _: &mut (),
                _: &mut Self::Memory,
                _: $crate::generated::u64,
            ) {
            }
        }
    };
}
