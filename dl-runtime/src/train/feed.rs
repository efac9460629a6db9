//! The samples of a training: those of a data set in memory, or batches that other threads make ahead of the steps.

use crate::clock::Instant;
use crate::data::{Dataset, Source};
use crate::random::Rng;
use crate::tensor::Pack;
use crate::tensor::context::splitmix64;
use crate::tensor::pod::reserved;
use crate::{Error, Result};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// The source of the samples of a training.
pub(super) enum Feed<'r, I, T> {
    Set(&'r Dataset<I, T>),
    /// A ring of batches, and what makes the next one if there is no thread for it.
    Source(&'r Prefetch<I, T>, Option<&'r dyn Fn()>),
}

impl<I: Pack, T: Pack> Feed<'_, I, T> {
    /// Returns the number of samples in an epoch.
    pub fn len(&self) -> usize {
        match self {
            Feed::Set(data) => data.len(),
            Feed::Source(prefetch, _) => prefetch.samples,
        }
    }
    /// Begins an epoch at batch `first`, with the samples in this order.
    pub fn begin(&self, seed: u64, first: usize, batches: usize, order: &[usize]) {
        if let Feed::Source(prefetch, _) = self {
            prefetch.begin(seed, first, batches, order);
        }
    }
    /// Calls `f` with the samples of batch `number`: a data set, and the indices of the samples in it. `picked` are those of a data set in
    /// memory. A source may be slower than the steps; then this waits.
    pub fn batch<R>(
        &self,
        number: usize,
        picked: &[usize],
        f: impl FnOnce(&Dataset<I, T>, &[usize]) -> Result<R>,
    ) -> Result<R> {
        match self {
            Feed::Set(data) => f(data, picked),
            Feed::Source(prefetch, make) => {
                let mut slot = prefetch.wait_for(number, *make)?;
                match slot.error.take() {
                    Some(error) => Err(error),
                    None => f(&slot.data, &prefetch.indices[..picked.len()]),
                }
            }
        }
    }
    /// Returns the seconds that were spent waiting for samples since the last call.
    pub fn take_waiting(&self) -> f64 {
        match self {
            Feed::Set(_) => 0.0,
            Feed::Source(prefetch, _) => std::mem::take(&mut lock(&prefetch.state).waiting).as_secs_f64(),
        }
    }
    /// Lets the batches up to `number` be overwritten.
    pub fn release(&self, number: usize) {
        if let Feed::Source(prefetch, _) = self {
            prefetch.update(|state| state.released = number + 1);
        }
    }
}

/// A ring of batches between the threads that make them and the one that trains. All memory is allocated at the start.
pub(super) struct Prefetch<I, T> {
    samples: usize,
    batch_size: usize,
    slots: Vec<Mutex<Slot<I, T>>>,
    state: Mutex<State>,
    changed: Condvar,
    /// The samples in the order of this epoch; written only between epochs.
    order: RwLock<Vec<usize>>,
    /// 0, 1, 2 and so on: the samples of a batch in its slot.
    indices: Vec<usize>,
}

struct Slot<I, T> {
    data: Dataset<I, T>,
    /// The error that the batch failed with.
    error: Option<Error>,
}

struct State {
    /// The seed of the epoch.
    seed: u64,
    /// The number of batches in the epoch.
    batches: usize,
    /// The next batch to make.
    next: usize,
    /// The first batch whose slot may not be overwritten.
    released: usize,
    /// The batch that is finished in each slot.
    finished: Vec<Option<usize>>,
    /// The time that the training waited for batches since [`Feed::take_waiting`].
    waiting: Duration,
    /// True when the training has ended, or a thread has panicked.
    closed: bool,
}

impl<I: Pack, T: Pack> Prefetch<I, T> {
    /// Creates a ring for this many threads; while they make a batch each, one is trained and one waits.
    ///
    /// # Errors
    /// [`Error::Memory`] for more samples in an epoch than their order fits into memory.
    pub fn new(samples: usize, batch_size: usize, threads: usize) -> Result<Self> {
        let mut order = reserved(samples)?;
        order.resize(samples, 0);
        let size = batch_size.min(samples);
        let slot = || Slot { data: Dataset { inputs: I::samples(size), targets: T::samples(size) }, error: None };
        let slots = threads + 2;
        let finished = vec![None; slots];
        Ok(Prefetch {
            samples,
            batch_size,
            slots: (0..slots).map(|_| Mutex::new(slot())).collect(),
            state: Mutex::new(State {
                seed: 0,
                batches: 0,
                next: 0,
                released: 0,
                finished,
                waiting: Duration::ZERO,
                closed: false,
            }),
            changed: Condvar::new(),
            order: RwLock::new(order),
            indices: (0..size).collect(),
        })
    }
    /// Makes batches until the training ends.
    pub fn work<S: Source<Input = I, Target = T>>(&self, source: &S) {
        // If a sample panics, the training must not wait for it.
        let _closing = Closing(self);
        while self.work_once(source) {}
    }
    /// Makes the next batch; returns false if the training has ended.
    pub fn work_once<S: Source<Input = I, Target = T>>(&self, source: &S) -> bool {
        let Some((seed, number)) = self.claim() else { return false };
        let slot = &mut *lock(&self.slots[number % self.slots.len()]);
        slot.error = self.make(source, seed, number, &mut slot.data).err();
        self.update(|state| state.finished[number % self.slots.len()] = Some(number));
        true
    }
    fn make<S: Source<Input = I, Target = T>>(
        &self,
        source: &S,
        seed: u64,
        number: usize,
        data: &mut Dataset<I, T>,
    ) -> Result<()> {
        let order = self.order.read().unwrap_or_else(PoisonError::into_inner);
        let first = number * self.batch_size;
        let picked = &order[first..order.len().min(first + self.batch_size)];
        let (inputs, targets) = (&mut data.inputs[..picked.len()], &mut data.targets[..picked.len()]);
        for (k, (index, (input, target))) in picked.iter().zip(inputs.iter_mut().zip(targets.iter_mut())).enumerate() {
            source.sample(*index, &mut Rng::new(splitmix64(seed, (first + k) as u64)), input, target)?;
        }
        source.batch(inputs, targets, &mut Rng::new(splitmix64(seed, !(number as u64))))
    }
    /// Waits for a free slot; returns the seed of the epoch and the batch to make, or nothing at the end.
    fn claim(&self) -> Option<(u64, usize)> {
        let mut state = lock(&self.state);
        while !state.closed {
            let number = state.next;
            if number < state.batches && number < state.released + self.slots.len() {
                state.next += 1;
                return Some((state.seed, number));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }
    fn begin(&self, seed: u64, first: usize, batches: usize, order: &[usize]) {
        self.order.write().unwrap_or_else(PoisonError::into_inner).copy_from_slice(order);
        self.update(|state| {
            (state.seed, state.batches, state.next, state.released) = (seed, batches, first, first);
            state.finished.fill(None);
        });
    }
    /// Waits until a batch is finished; `make` makes the next one on this thread.
    fn wait_for(&self, number: usize, make: Option<&dyn Fn()>) -> Result<MutexGuard<'_, Slot<I, T>>> {
        let at = number % self.slots.len();
        let (mut state, mut since) = (lock(&self.state), None);
        while state.finished[at] != Some(number) {
            if state.closed {
                // The panic of the thread goes on where its scope ends, so that nobody sees this error.
                return Err(Error::Empty { what: "training set" });
            }
            since.get_or_insert_with(Instant::now);
            if let Some(make) = make {
                drop(state);
                make();
                state = lock(&self.state);
                continue;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting += since.map_or(Duration::ZERO, |since| since.elapsed());
        drop(state);
        Ok(lock(&self.slots[at]))
    }
    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the threads of a ring when it is dropped, also in a panic.
pub(super) struct Closing<'r, I: Pack, T: Pack>(pub &'r Prefetch<I, T>);

impl<I: Pack, T: Pack> Drop for Closing<'_, I, T> {
    fn drop(&mut self) {
        self.0.update(|state| state.closed = true);
    }
}
