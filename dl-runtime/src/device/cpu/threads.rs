//! The threads of a [`Cpu`](super::Cpu): fork and join over numbered tasks, without allocation.
//!
//! ```text
//! cpu.threads().run(tasks, &|task| …);                          each number in 0..tasks once, on some thread
//! cpu.threads().run_with_scratch(tasks, floats, &|task, scratch| …);   with 64-byte aligned memory of the thread
//! cpu.threads().split((chunks(x, n), chunks_mut(y, m)), &|task, (x, y)| …);   disjoint chunks, one pair a task
//! ```
//!
//! The caller takes part. Which thread runs a task is left to chance, so a task must not depend on it, and the number
//! and sizes of tasks must not depend on the number of threads: then results are the same bits for any number.
//! A call from inside a task, or while another thread uses the pool, runs inline.

mod split;

pub use split::{Chunks, ChunksMut, Split, chunks, chunks_mut};

use super::scratch;
use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How often a worker looks for work before it sleeps: some 20 µs, longer than the gaps inside a training step.
const SPINS: u32 = if cfg!(miri) { 10 } else { 2_000 };

/// `state` holds the number of workers inside the job, and this flag while the job admits more.
const OPEN: usize = 1 << (usize::BITS - 1);

type Body<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// A pool of worker threads; with the caller they are [`Threads::count`].
pub struct Threads {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Whether a call owns the pool.
    owned: AtomicBool,
    /// Counts jobs, so that a worker enters each at most once.
    epoch: AtomicUsize,
    /// [`OPEN`] and the number of workers inside.
    state: AtomicUsize,
    /// The next task.
    next: AtomicUsize,
    /// The job; written by the owner while the pool is closed and empty, read by workers inside.
    job: UnsafeCell<Option<(*const Body<'static>, usize)>>,
    /// The first panic of a worker.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
}

// SAFETY: `job` is written only while no worker is inside (`state` is 0) by the one owner, and read only by workers
// that entered through `state` after that; the body it points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; nothing in it is tied to a thread.
unsafe impl Send for Shared {}

impl Threads {
    /// `count` threads, the caller among them (at least 1).
    pub fn new(count: usize) -> Self {
        let shared = Arc::new(Shared {
            owned: AtomicBool::new(false),
            epoch: AtomicUsize::new(0),
            state: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
            panic: Mutex::new(None),
            stop: AtomicBool::new(false),
        });
        let worker = |id| {
            let shared = shared.clone();
            // A machine that grants fewer threads computes the same with those.
            thread::Builder::new().name(format!("dl-{id}")).spawn(move || shared.work(id)).ok()
        };
        let workers = (1..count).map_while(worker).collect();
        Threads { shared, workers }
    }

    /// Number of threads, the caller among them.
    pub fn count(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `body` once with each number in `0..tasks`; returns when all are done. A panic of a task is passed on.
    pub fn run(&self, tasks: usize, body: &(dyn Fn(usize) + Sync)) {
        self.fork(tasks, &|task, _| body(task));
    }

    /// [`Threads::run`] with `floats` numbers of scratch memory for each thread, of any content, aligned to 64 bytes.
    pub fn run_with_scratch(&self, tasks: usize, floats: usize, body: &(dyn Fn(usize, &mut [f32]) + Sync)) {
        let stride = floats.max(1).next_multiple_of(16);
        scratch::with(stride * self.count().min(tasks.max(1)), |memory| {
            let memory = ChunksMut::new(memory, stride);
            self.fork(tasks, &|task, thread| {
                // SAFETY: `thread` differs between threads that run at the same time, and the part is given back
                // at the end of the task.
                let mine = unsafe { memory.part(thread) };
                body(task, &mut mine[..floats]);
            });
        });
    }

    /// [`Threads::split`] with the scratch memory of [`Threads::run_with_scratch`].
    #[expect(clippy::type_complexity, reason = "a closure's arguments are best read in place")]
    pub fn split_with_scratch<S: Split>(
        &self,
        data: S,
        floats: usize,
        body: &(dyn Fn(usize, &mut [f32], S::Part) + Sync),
    ) {
        // SAFETY: each number is given once, and below the count.
        self.run_with_scratch(data.count(), floats, &|task, scratch| body(task, scratch, unsafe { data.part(task) }));
    }

    /// Calls `body` once for every chunk of `data`, with its number and the chunk.
    pub fn split<S: Split>(&self, data: S, body: &(dyn Fn(usize, S::Part) + Sync)) {
        // SAFETY: each number is given once, and below the count.
        self.fork(data.count(), &|task, _| body(task, unsafe { data.part(task) }));
    }

    /// Runs `body(task, thread)`, with `thread` below both [`Threads::count`] and `tasks`, unique among those running.
    fn fork(&self, tasks: usize, body: &Body<'_>) {
        let shared = &*self.shared;
        if tasks < 2 || self.workers.is_empty() || shared.owned.swap(true, Ordering::Acquire) {
            (0..tasks).for_each(|task| body(task, 0));
            return;
        }
        let helpers = self.workers.len().min(tasks - 1);
        // SAFETY: only the lifetime is forgotten; no worker holds the pointer after `close` below, which is reached
        // on every path, and `body` outlives that. This owner alone writes, while the pool is closed and empty.
        unsafe {
            *shared.job.get() = Some((std::mem::transmute::<*const Body<'_>, *const Body<'static>>(body), tasks));
        }
        shared.next.store(0, Ordering::Relaxed);
        shared.state.store(OPEN, Ordering::Release);
        shared.epoch.fetch_add(1, Ordering::Release);
        self.workers[..helpers].iter().for_each(|worker| worker.thread().unpark());
        let outcome = catch_unwind(AssertUnwindSafe(|| shared.take_tasks(body, tasks, 0)));
        shared.close();
        let theirs = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        shared.owned.store(false, Ordering::Release);
        if let Some(payload) = outcome.err().or(theirs) {
            resume_unwind(payload);
        }
    }
}

impl Shared {
    fn take_tasks(&self, body: &Body<'_>, tasks: usize, thread: usize) {
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            body(task, thread);
        }
    }

    /// Admits no more workers and waits for those inside.
    fn close(&self) {
        self.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0;
        while self.state.load(Ordering::Acquire) != 0 {
            spins += 1;
            // The worker may need this very core.
            if spins % SPINS == 0 { thread::yield_now() } else { std::hint::spin_loop() }
        }
    }

    /// The life of worker `id`.
    fn work(&self, id: usize) {
        let mut seen = 0;
        loop {
            let mut spins = 0;
            let epoch = loop {
                let epoch = self.epoch.load(Ordering::Acquire);
                if epoch != seen {
                    break epoch;
                }
                if self.stop.load(Ordering::Acquire) {
                    return;
                }
                spins += 1;
                if spins < SPINS { std::hint::spin_loop() } else { thread::park() }
            };
            seen = epoch;
            if self.enter() {
                // SAFETY: inside, so the owner neither writes the job nor returns before this worker leaves.
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
        }
    }

    /// Enters the job if it is open.
    fn enter(&self) -> bool {
        let enter = |state| if state & OPEN != 0 { Some(state + 1) } else { None };
        self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, enter).is_ok()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker does not panic: tasks are caught.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("count", &self.count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once() {
        for count in [1, 2, 5] {
            let threads = Threads::new(count);
            for tasks in [0, 1, 2, 7, 40] {
                let ran: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                threads.run(tasks, &|task| {
                    ran[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(ran.iter().all(|n| n.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn splits_are_disjoint_and_complete() {
        let threads = Threads::new(3);
        let x: Vec<f32> = (0..101).map(|i| i as f32).collect();
        let mut y = vec![0.0; 101];
        let mut firsts = vec![0.0; 11];
        threads.split((chunks(&x, 10), chunks_mut(&mut y, 10), chunks_mut(&mut firsts, 1)), &|task, (x, y, first)| {
            assert_eq!(x[0], task as f32 * 10.0);
            y.copy_from_slice(x);
            first[0] = x[0];
        });
        assert_eq!(x, y);
        assert_eq!(firsts[10], 100.0);
    }

    #[test]
    fn scratch_belongs_to_one_task_at_a_time() {
        let threads = Threads::new(4);
        let wrong = AtomicUsize::new(0);
        threads.run_with_scratch(20, 33, &|task, scratch| {
            assert_eq!((scratch.len(), scratch.as_ptr() as usize % 64), (33, 0));
            scratch.fill(task as f32);
            thread::yield_now();
            wrong.fetch_add(scratch.iter().filter(|x| **x != task as f32).count(), Ordering::Relaxed);
        });
        assert_eq!(wrong.into_inner(), 0);
    }

    #[test]
    fn no_scratch_is_scratch_too() {
        let threads = Threads::new(3);
        let sum = AtomicUsize::new(0);
        threads.run_with_scratch(9, 0, &|task, scratch| {
            assert!(scratch.is_empty());
            sum.fetch_add(task, Ordering::Relaxed);
            thread::yield_now();
        });
        assert_eq!(sum.into_inner(), 36);
    }

    #[test]
    fn nested_and_concurrent_calls_run_inline() {
        let threads = Threads::new(3);
        let sum = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    threads.run(8, &|a| {
                        threads.run_with_scratch(4, 8, &|b, scratch| {
                            scratch.fill(1.0);
                            sum.fetch_add(a * b, Ordering::Relaxed);
                        });
                    });
                });
            }
        });
        assert_eq!(sum.into_inner(), 3 * 28 * 6);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        let threads = Threads::new(3);
        for bad in [0, 5] {
            let run = || threads.run(9, &|task| assert_ne!(task, bad, "task {task}"));
            let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
            assert!(payload.downcast_ref::<String>().unwrap().contains(&format!("task {bad}")));
        }
        let sum = AtomicUsize::new(0);
        threads.run(5, &|task| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 10);
    }

    #[test]
    fn sleeping_workers_wake() {
        let threads = Threads::new(2);
        for _ in 0..3 {
            thread::sleep(std::time::Duration::from_millis(2));
            let ran = AtomicUsize::new(0);
            threads.run(2, &|_| {
                ran.fetch_add(1, Ordering::Relaxed);
                // Both tasks are needed at the same time: two threads must take part.
                while ran.load(Ordering::Relaxed) < 2 {
                    thread::yield_now();
                }
            });
        }
    }
}
