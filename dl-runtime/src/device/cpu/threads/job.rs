//! The job that a caller shares with its helpers: publishing it, taking its tasks, and waiting until all helpers have
//! left.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The number of times that a helper looks for work before it leaves: about 20 µs, longer than the gaps inside a training step.
const SPINS: u32 = if cfg!(miri) { 10 } else { 2_000 };

/// The number of times that a waiting thread looks before it yields its core: about 1 µs.
const SPINS_PER_YIELD: u32 = if cfg!(miri) { 1 } else { 100 };

/// A flag in `state`, set while the job admits helpers. The other bits of `state` count the helpers that are inside the
/// job.
const OPEN: usize = 1 << (usize::BITS - 1);

/// The function of a job: `body(task, thread)`.
pub(super) type Body<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// The next task of a part of the tasks, in a line of the cache of its own.
#[derive(Default)]
#[repr(align(64))]
struct Next(AtomicUsize);

/// A job: its body, the number of its tasks, and the number of threads that they are divided among.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub body: &'a Body<'a>,
    pub tasks: usize,
    pub threads: usize,
}

impl Job<'_> {
    /// Returns the first task of the part of a thread.
    fn first(self, thread: usize) -> usize {
        thread * self.tasks / self.threads
    }
}

/// The state that the caller and its helpers share.
pub(super) struct Shared {
    /// True while a caller owns the pool.
    owned: AtomicBool,
    /// Counts jobs, so that a helper enters each job at most once.
    epoch: AtomicUsize,
    /// [`OPEN`], and the number of helpers inside.
    state: AtomicUsize,
    /// The next task of the part of each thread. Neighbouring tasks use neighbouring memory: a thread that works on a part of its own reads
    /// ahead into memory that it needs itself, and not into what another one writes.
    next: Box<[Next]>,
    /// Written by the owner while the job is closed and empty; read by helpers inside.
    job: UnsafeCell<Option<Job<'static>>>,
    /// The first panic of a helper.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
}

// SAFETY: `job` is written only by the one owner while no helper is inside (`state` is 0), and read only by helpers
// that entered through `state` after that; the body that it points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it is bound to a thread.
unsafe impl Send for Shared {}

impl Shared {
    /// The state of a pool of `threads` threads.
    pub(super) fn new(threads: usize) -> Self {
        Shared {
            owned: AtomicBool::new(false),
            epoch: AtomicUsize::new(0),
            state: AtomicUsize::new(0),
            next: (0..threads.max(1)).map(|_| Next::default()).collect(),
            job: UnsafeCell::new(None),
            panic: Mutex::new(None),
            stop: AtomicBool::new(false),
        }
    }

    /// Makes the caller the owner; returns false if there is another owner.
    pub(super) fn own(&self) -> bool {
        !self.owned.swap(true, Ordering::Acquire)
    }

    /// Gives up the ownership that [`Shared::own`] took.
    pub(super) fn disown(&self) {
        self.owned.store(false, Ordering::Release);
    }

    /// Opens a job; it has at most as many threads as the pool and as tasks.
    ///
    /// # Safety
    /// The caller is the owner, the previous job is closed, and this one is closed before its body goes out of scope.
    pub(super) unsafe fn open(&self, job: Job<'_>) {
        for (thread, next) in self.next[..job.threads].iter().enumerate() {
            next.0.store(job.first(thread), Ordering::Relaxed);
        }
        // SAFETY: only the lifetime is erased; no helper uses the body after `close`, and only the owner writes.
        unsafe { *self.job.get() = Some(std::mem::transmute::<Job<'_>, Job<'static>>(job)) };
        self.state.store(OPEN, Ordering::Release);
        // Sequentially consistent with the flags of borrowed helpers: either the helper sees this job, or the owner
        // spawns it anew.
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Runs tasks as `thread` until none is left: those of its own part, then those that the other threads have left.
    pub(super) fn take_tasks(&self, job: Job<'_>, thread: usize) {
        for part in (thread..job.threads).chain(0..thread) {
            let end = job.first(part + 1);
            loop {
                let task = self.next[part].0.fetch_add(1, Ordering::Relaxed);
                if task >= end {
                    break;
                }
                (job.body)(task, thread);
            }
        }
    }

    /// Stops admitting helpers and waits for those inside.
    pub(super) fn close(&self) {
        self.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0;
        while self.state.load(Ordering::Acquire) != 0 {
            spins += 1;
            spin(spins);
        }
    }

    /// Takes the first panic of a helper.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.panic.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The number of the newest job.
    #[cfg(feature = "rayon")]
    pub(super) fn epoch(&self) -> usize {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Takes part in jobs as helper `id` until there was none for about 20 µs; `seen` is the epoch of the last job it
    /// entered.
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
        // SAFETY: this helper is inside, so the owner neither writes the job nor returns before it leaves, and the body is alive.
        if let Some(job) = unsafe { *self.job.get() }
            && id < job.threads
            && let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.take_tasks(job, id)))
        {
            // The other threads find no more tasks and stop early.
            self.next.iter().for_each(|next| next.0.store(job.tasks, Ordering::Relaxed));
            self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(payload);
        }
        self.state.fetch_sub(1, Ordering::AcqRel);
    }

    /// The main loop of the pool's own workers, which sleep while there is no job.
    pub(super) fn work(&self, id: usize) {
        let mut seen = 0;
        while !self.stop.load(Ordering::Acquire) {
            self.serve(id, &mut seen);
            thread::park();
        }
    }

    /// Makes [`Shared::work`] return once the worker is woken.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }
}

/// Waits for a moment; `spins` counts the calls.
fn spin(spins: u32) {
    if spins.is_multiple_of(SPINS_PER_YIELD) { thread::yield_now() } else { std::hint::spin_loop() }
}
