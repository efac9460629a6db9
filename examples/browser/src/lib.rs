//! The functions that the page calls. Numbers go in as arguments, and results come out as pointers into the memory of WebAssembly.

mod drawing;
#[cfg(feature = "learn")]
pub mod learn;
mod model;

pub use drawing::{Drawing, Image};
pub use model::Digit;

use dl::{Declared as _, Scratch};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The weights that `train` wrote; the compiler checks that they fit the network.
pub static NET: &Digit = dl::include_model!(Digit, "digit.safetensors");

/// The drawing of the page, and the results that it reads.
struct State {
    drawing: Drawing,
    image: Image,
    scores: [f32; 10],
    /// The memory of a prediction.
    scratch: Scratch<Digit>,
}

static STATE: Mutex<State> = Mutex::new(State {
    drawing: Drawing::new(),
    image: [[[0.0; 28]; 28]; 1],
    scores: [0.0; 10],
    scratch: Scratch::new(),
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a new drawing.
#[unsafe(no_mangle)]
pub extern "C" fn clear() {
    state().drawing.clear();
}

/// Continues the stroke to this point, or begins one there if `first` is not 0.
#[unsafe(no_mangle)]
pub extern "C" fn point(x: f32, y: f32, first: u32) {
    state().drawing.point(x, y, first != 0);
}

/// Reads the drawing: ten scores that sum to 1; null if nothing is drawn.
#[unsafe(no_mangle)]
pub extern "C" fn predict() -> *const f32 {
    let state = &mut *state();
    let Some(image) = state.drawing.image() else { return std::ptr::null() };
    state.image = image;
    network(|net| net.predict_into(&state.image, &mut state.scores, &mut state.scratch));
    state.scores = softmax(state.scores);
    state.scores.as_ptr()
}

/// The picture that the network saw last: 28 rows of 28 numbers from 0 (paper) to 1 (ink).
#[unsafe(no_mangle)]
pub extern "C" fn image() -> *const f32 {
    state().image.as_flattened().as_flattened().as_ptr()
}

/// Calls `read` with the network that has learned in the page, or else with the one of the program.
fn network(read: impl FnOnce(&Digit)) {
    #[cfg(feature = "learn")]
    return learn::network(read);
    #[cfg(not(feature = "learn"))]
    read(NET)
}

fn softmax(logits: [f32; 10]) -> [f32; 10] {
    let largest = logits.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits.map(|logit| (logit - largest).exp());
    powers.map(|power| power / powers.iter().sum::<f32>())
}
