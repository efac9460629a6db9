//! Ctrl-C while a network trains: the first one asks the trainings of the process to end, the second one ends the process.

use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The handlers of the process, which are registered once and stay.
struct Handlers {
    /// True once Ctrl-C was pressed during a training.
    pressed: Arc<AtomicBool>,
    /// True if the next Ctrl-C ends the process: outside of trainings, and once it was pressed.
    ends: Arc<AtomicBool>,
    /// The number of trainings that end by Ctrl-C.
    trainings: Mutex<usize>,
}

/// A training that ends by Ctrl-C, until it is dropped.
pub(super) struct Listening(&'static Handlers);

impl Listening {
    /// Lets Ctrl-C end the training that begins, instead of the process.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn start() -> io::Result<Self> {
        static HANDLERS: OnceLock<Result<Handlers, (io::ErrorKind, String)>> = OnceLock::new();
        let register = || register().map_err(|error| (error.kind(), error.to_string()));
        match HANDLERS.get_or_init(register) {
            Ok(handlers) => {
                handlers.count(|trainings| trainings + 1);
                Ok(Listening(handlers))
            }
            Err((kind, text)) => Err(io::Error::new(*kind, text.clone())),
        }
    }
    /// Returns true once Ctrl-C was pressed.
    pub fn pressed(&self) -> bool {
        self.0.pressed.load(Ordering::Relaxed)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.count(|trainings| trainings - 1);
    }
}

impl Handlers {
    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut trainings = self.trainings.lock().unwrap_or_else(PoisonError::into_inner);
        *trainings = change(*trainings);
        self.ends.store(*trainings == 0 || self.pressed.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Registers two handlers, which the system calls in this order: one ends the process as if there were none, the other sets the flags.
fn register() -> io::Result<Handlers> {
    let (pressed, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    flag::register_conditional_default(SIGINT, ends.clone())?;
    flag::register(SIGINT, pressed.clone())?;
    flag::register(SIGINT, ends.clone())?;
    Ok(Handlers { pressed, ends, trainings: Mutex::new(0) })
}
