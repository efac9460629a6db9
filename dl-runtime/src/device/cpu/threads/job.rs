//! The job that a caller shares with its helpers: publishing it, taking its tasks, and waiting until all helpers left.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How often a helper looks for work before it leaves: some 20 µs, longer than the gaps inside a training step.
const SPINS: u32 = if cfg!(miri) { 10 } else { 2_000 };

/// How often a thread that waits for another looks before it offers the core to whoever may need it: about 1 µs.
const SPINS_PER_YIELD: u32 = if cfg!(miri) { 1 } else { 100 };

/// `state` holds the number of helpers inside the job, and this flag while the job admits more.
const OPEN: usize = 1 << (usize::BITS - 1);

/// The function of a job: `body(task, thread)`.
pub(super) type Body<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// The state that the caller and its helpers share.
#[derive(Default)]
pub(super) struct Shared {
    /// Whether a call owns the pool.
    owned: AtomicBool,
    /// Counts jobs, so that a helper enters each at most once.
    epoch: AtomicUsize,
    /// [`OPEN`] and the number of helpers inside.
    state: AtomicUsize,
    /// The next task.
    next: AtomicUsize,
    /// Written by the owner while the job is closed and empty, read by helpers inside.
    job: UnsafeCell<Option<(*const Body<'static>, usize)>>,
    /// The first panic of a helper.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
}

// SAFETY: `job` is written only while no helper is inside (`state` is 0) by the one owner, and read only by helpers
// that entered through `state` after that; the body it points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it is tied to a thread.
unsafe impl Send for Shared {}

impl Shared {
    /// Makes the caller the owner; false while there is another one.
    pub(super) fn own(&self) -> bool {
        !self.owned.swap(true, Ordering::Acquire)
    }

    /// Ends what [`Shared::own`] began.
    pub(super) fn disown(&self) {
        self.owned.store(false, Ordering::Release);
    }

    /// Opens a job of so many tasks.
    ///
    /// # Safety
    /// The caller is the owner, the last job is closed, and this one is closed before `body` goes out of use.
    pub(super) unsafe fn open(&self, body: &Body<'_>, tasks: usize) {
        // SAFETY: only the lifetime is forgotten; no helper uses the pointer after `close`, and the owner alone writes.
        unsafe {
            let body = std::mem::transmute::<*const Body<'_>, *const Body<'static>>(body);
            *self.job.get() = Some((body, tasks));
        }
        self.next.store(0, Ordering::Relaxed);
        self.state.store(OPEN, Ordering::Release);
        // In one order with the flags of borrowed helpers: either the helper sees this job or the owner calls it anew.
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Runs tasks as `thread` until none is left.
    pub(super) fn take_tasks(&self, body: &Body<'_>, tasks: usize, thread: usize) {
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            body(task, thread);
        }
    }

    /// Admits no more helpers and waits for those inside.
    pub(super) fn close(&self) {
        self.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0;
        while self.state.load(Ordering::Acquire) != 0 {
            spins += 1;
            spin(spins);
        }
    }

    /// The first panic of a helper, taken out.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.panic.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The number of the newest job.
    #[cfg(feature = "rayon")]
    pub(super) fn epoch(&self) -> usize {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Takes part in jobs as helper `id` until none came for some 20 µs; `seen` is the last one that it knows.
    pub(super) fn serve(&self, id: usize, seen: &mut usize) {
        let mut spins = 0;
        while spins < SPINS {
            let epoch = self.epoch.load(Ordering::Acquire);
            if epoch == *seen {
                spins += 1;
                spin(spins);
            } else {
                *seen = epoch;
                spins = 0;
                self.help(id);
            }
        }
    }

    /// Takes part in the newest job, if it is open.
    fn help(&self, id: usize) {
        let enter = |state| if state & OPEN != 0 { Some(state + 1) } else { None };
        if self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, enter).is_err() {
            return;
        }
        // SAFETY: inside, so the owner neither writes the job nor returns before this helper leaves.
        if let Some((body, tasks)) = unsafe { *self.job.get() }
            && id < tasks
        {
            // SAFETY: as above, the body is alive.
            let body = unsafe { &*body };
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.take_tasks(body, tasks, id))) {
                // The others stop early.
                self.next.store(tasks, Ordering::Relaxed);
                self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(payload);
            }
        }
        self.state.fetch_sub(1, Ordering::AcqRel);
    }

    /// The life of a worker of our own: it sleeps while nothing comes.
    pub(super) fn work(&self, id: usize) {
        let mut seen = 0;
        while !self.stop.load(Ordering::Acquire) {
            self.serve(id, &mut seen);
            thread::park();
        }
    }

    /// Ends [`Shared::work`] of workers that are woken.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }
}

/// A moment of waiting, the `spins`-th.
fn spin(spins: u32) {
    if spins.is_multiple_of(SPINS_PER_YIELD) { thread::yield_now() } else { std::hint::spin_loop() }
}
