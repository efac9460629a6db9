//! Training in the page: a few examples of the user, among digits that keep the network from forgetting.

mod digits;

use crate::{Digit, Image, NET};
use dl::data::Dataset;
use dl::data::augment::Affine;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::prelude::*;
use dl::random::Rng;
use std::slice::{from_mut, from_ref};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often each example of the user is seen in an epoch, each time turned, scaled and moved a little.
const COPIES: usize = 12;
/// The number of epochs of one call.
const EPOCHS: usize = 6;

struct Learned {
    examples: Dataset<Image, u32>,
    /// The network that has learned from them.
    net: Option<Box<Digit>>,
}

static LEARNED: Mutex<Option<Learned>> = Mutex::new(None);

fn learned() -> MutexGuard<'static, Option<Learned>> {
    LEARNED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `read` with the network that has learned, or else with the one of the program.
pub(crate) fn network(read: impl FnOnce(&Digit)) {
    read(learned().as_ref().and_then(|learned| learned.net.as_deref()).unwrap_or(NET));
}

/// Adds the drawing to the examples; returns their number, or 0 if nothing is drawn or `label` is no digit.
#[unsafe(no_mangle)]
pub extern "C" fn add(label: u32) -> usize {
    let Some(image) = crate::state().drawing.image().filter(|_| label < 10) else { return 0 };
    let learned = &mut *learned();
    let learned = learned.get_or_insert_with(|| Learned { examples: Dataset::default(), net: None });
    learned.examples.inputs.push(image);
    learned.examples.targets.push(label);
    learned.examples.inputs.len()
}

/// Trains on all examples, from the weights of the program; returns the last loss, or NaN if there are no examples.
#[unsafe(no_mangle)]
pub extern "C" fn learn() -> f32 {
    let learned = &mut *learned();
    let Some(learned) = learned else { return f32::NAN };
    match train(&learned.examples) {
        Ok((net, loss)) => {
            learned.net = Some(net);
            loss
        }
        Err(_) => f32::NAN,
    }
}

/// Forgets all examples and what was learned from them.
#[unsafe(no_mangle)]
pub extern "C" fn forget() {
    *learned() = None;
}

fn train(examples: &Dataset<Image, u32>) -> dl::Result<(Box<Digit>, f32)> {
    let mut data = digits::digits();
    for _ in 0..COPIES {
        data.append(examples.clone());
    }
    let affine = Affine::new(8.0, 0.9..=1.1, 1.0)?;
    let data = data.augmented(|image, rng: &mut Rng, to| {
        *to = *image;
        affine.apply(to, rng);
    });
    let mut net = zeroed_box::<Digit>();
    flat_mut(from_mut(&mut *net)).copy_from_slice(flat(from_ref(NET)));
    let history =
        Trainer::new(Adam::new(2e-3)).loss(CrossEntropy).epochs(EPOCHS).quiet().fit_source(&mut net, &data)?;
    Ok((net, history.last().map_or(f32::NAN, |epoch| epoch.train.loss as f32)))
}
