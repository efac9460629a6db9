//! The thread pool of a [`Cpu`](super::Cpu): fork and join over numbered tasks.
//!
//! ```text
//! cpu.threads().run(tasks, &|task| …);                          each number in 0..tasks once, on some thread
//! cpu.threads().run_with_scratch(tasks, floats, &|task, scratch| …);   with 64-byte aligned memory of the thread
//! cpu.threads().split((chunks(x, n), chunks_mut(y, m)), &|task, (x, y)| …);   disjoint chunks, one pair per task
//! ```
//!
//! The calling thread takes part. Any thread may run any task, so the result of a task must not depend on its thread,
//! and the number and sizes of tasks must not depend on the number of threads. Then results are the same bits for any
//! number of threads. A call from inside a task, or while another thread uses the pool, runs all its tasks on the
//! calling thread.
//!
//! Helpers are either the pool's own threads, which sleep between jobs and never allocate, or threads of a rayon pool
//! that the application has. The latter are borrowed: a helper is a rayon task that looks for jobs and returns to rayon
//! when there was none for about 20 µs, so the application's own tasks run on the same threads. The caller never waits
//! for a rayon task to start: it runs all tasks that no helper has taken. So there is no deadlock, even for a call from
//! inside the rayon pool.
//!
//! **Another process on our cores.** If another process occupies one of two cores, the system may put the caller and
//! its helper together on the other one. A helper that spins there takes the core from the caller, who has the work:
//! each job then cost 20 µs of spinning, and two threads were half as fast as one. So every thread that waits for
//! another one yields its core every microsecond ([`std::thread::yield_now`]), which returns at once on an idle core.

#[cfg(feature = "rayon")]
mod borrowed;
mod job;
mod samples;
mod shared;
mod split;

pub(crate) use samples::samples_mut;
pub(crate) use shared::SharedRows;
pub use split::{Chunks, ChunksMut, Split, chunks, chunks_mut};

use super::scratch;
#[cfg(feature = "rayon")]
use borrowed::Borrowed;
use job::{Body, Job, Shared};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// A pool of threads. Together with the calling thread it has [`Threads::count`] threads.
pub struct Threads {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// The borrowed helpers of a rayon pool, which replace the workers.
    #[cfg(feature = "rayon")]
    borrowed: Option<Borrowed>,
}

impl Threads {
    /// Creates a pool of `count` threads, including the calling one (at least 1).
    pub fn new(count: usize) -> Self {
        let shared = Arc::new(Shared::new(count));
        let worker = |id| {
            let shared = shared.clone();
            // If the system refuses to start a thread, the others compute the same result.
            thread::Builder::new().name(format!("dl-{id}")).spawn(move || shared.work(id)).ok()
        };
        let workers = (1..count).map_while(worker).collect();
        Threads {
            shared,
            workers,
            #[cfg(feature = "rayon")]
            borrowed: None,
        }
    }

    /// Uses as many threads as `pool` has; `None` is the pool of the calling thread, or else the global one.
    #[cfg(feature = "rayon")]
    pub(super) fn of_rayon(pool: Option<Arc<rayon::ThreadPool>>) -> Self {
        let borrowed = Borrowed::new(pool);
        Threads { shared: Arc::new(Shared::new(borrowed.count() + 1)), workers: Vec::new(), borrowed: Some(borrowed) }
    }

    /// Returns the number of threads, including the calling one.
    pub fn count(&self) -> usize {
        #[cfg(feature = "rayon")]
        if let Some(borrowed) = &self.borrowed {
            return borrowed.count() + 1;
        }
        self.workers.len() + 1
    }

    /// Calls `body` once with each number in `0..tasks` and returns when all calls are done. A panic in a task is
    /// passed on.
    pub fn run(&self, tasks: usize, body: &(dyn Fn(usize) + Sync)) {
        self.fork(tasks, &|task, _| body(task));
    }

    /// Does the same as [`Threads::run`], with `floats` numbers of scratch memory (any content, aligned to 64 bytes)
    /// for each thread.
    pub fn run_with_scratch(&self, tasks: usize, floats: usize, body: &(dyn Fn(usize, &mut [f32]) + Sync)) {
        let stride = floats.max(1).next_multiple_of(16);
        scratch::with(stride * self.count().min(tasks.max(1)), |memory| {
            let memory = ChunksMut::new(memory, stride);
            self.fork(tasks, &|task, thread| {
                // SAFETY: `thread` differs between threads that run at the same time, and the part is used only during
                // the task.
                let mine = unsafe { memory.part(thread) };
                body(task, &mut mine[..floats]);
            });
        });
    }

    /// Does the same as [`Threads::split`], with the scratch memory of [`Threads::run_with_scratch`].
    #[expect(clippy::type_complexity, reason = "a closure's arguments are best read in place")]
    pub fn split_with_scratch<S: Split>(
        &self,
        data: S,
        floats: usize,
        body: &(dyn Fn(usize, &mut [f32], S::Part) + Sync),
    ) {
        // SAFETY: each number is passed once and is below the count.
        self.run_with_scratch(data.count(), floats, &|task, scratch| body(task, scratch, unsafe { data.part(task) }));
    }

    /// Calls `body` once for every chunk of `data`, with the chunk and its number.
    pub fn split<S: Split>(&self, data: S, body: &(dyn Fn(usize, S::Part) + Sync)) {
        // SAFETY: each number is passed once and is below the count.
        self.fork(data.count(), &|task, _| body(task, unsafe { data.part(task) }));
    }

    /// Runs `body(task, thread)`, with `thread` below both [`Threads::count`] and `tasks`, unique among those running.
    fn fork(&self, tasks: usize, body: &Body<'_>) {
        let helpers = (self.count() - 1).min(tasks.saturating_sub(1));
        if helpers == 0 || !self.shared.own() {
            (0..tasks).for_each(|task| body(task, 0));
            return;
        }
        let job = Job { body, tasks, threads: helpers + 1 };
        // SAFETY: `close` is called below on every path, before `body` goes out of scope, and this thread is the owner.
        unsafe { self.shared.open(job) };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.call(helpers);
            self.shared.take_tasks(job, 0);
        }));
        self.shared.close();
        let helper_panic = self.shared.take_panic();
        self.shared.disown();
        if let Some(payload) = outcome.err().or(helper_panic) {
            resume_unwind(payload);
        }
    }

    /// Wakes so many helpers for the open job.
    fn call(&self, helpers: usize) {
        #[cfg(feature = "rayon")]
        if let Some(borrowed) = &self.borrowed {
            return borrowed.call(&self.shared, helpers);
        }
        self.workers[..helpers].iter().for_each(|worker| worker.thread().unpark());
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.stop();
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker does not panic, since panics of tasks are caught.
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Pools of `count` threads: one with its own threads, and one of rayon's.
    fn pools(count: usize) -> Vec<Threads> {
        vec![
            Threads::new(count),
            #[cfg(feature = "rayon")]
            Threads::of_rayon(Some(rayon_pool(count))),
        ]
    }

    #[cfg(feature = "rayon")]
    fn rayon_pool(count: usize) -> Arc<rayon::ThreadPool> {
        Arc::new(rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap())
    }

    #[test]
    fn every_task_runs_once() {
        for threads in [1, 2, 5].into_iter().flat_map(pools) {
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
        for threads in pools(3) {
            let x: Vec<f32> = (0..101).map(|i| i as f32).collect();
            let mut y = vec![0.0; 101];
            let mut firsts = vec![0.0; 11];
            threads.split(
                (chunks(&x, 10), chunks_mut(&mut y, 10), chunks_mut(&mut firsts, 1)),
                &|task, (x, y, first)| {
                    assert_eq!(x[0], task as f32 * 10.0);
                    y.copy_from_slice(x);
                    first[0] = x[0];
                },
            );
            assert_eq!(x, y);
            assert_eq!(firsts[10], 100.0);
        }
    }

    #[test]
    fn scratch_belongs_to_one_task_at_a_time() {
        for threads in pools(4) {
            let wrong = AtomicUsize::new(0);
            threads.run_with_scratch(20, 33, &|task, scratch| {
                assert_eq!((scratch.len(), scratch.as_ptr() as usize % 64), (33, 0));
                scratch.fill(task as f32);
                thread::yield_now();
                wrong.fetch_add(scratch.iter().filter(|x| **x != task as f32).count(), Ordering::Relaxed);
            });
            assert_eq!(wrong.into_inner(), 0);
        }
    }

    #[test]
    fn no_scratch_is_scratch_too() {
        for threads in pools(3) {
            let sum = AtomicUsize::new(0);
            threads.run_with_scratch(9, 0, &|task, scratch| {
                assert!(scratch.is_empty());
                sum.fetch_add(task, Ordering::Relaxed);
                thread::yield_now();
            });
            assert_eq!(sum.into_inner(), 36);
        }
    }

    #[test]
    fn nested_and_concurrent_calls_run_inline() {
        for threads in pools(3) {
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
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        for threads in pools(3) {
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
    }

    #[test]
    fn sleeping_workers_wake() {
        for threads in pools(2) {
            for _ in 0..3 {
                thread::sleep(std::time::Duration::from_millis(2));
                let ran = AtomicUsize::new(0);
                threads.run(2, &|_| {
                    ran.fetch_add(1, Ordering::Relaxed);
                    // Each task waits for the other, so two threads must take part.
                    while ran.load(Ordering::Relaxed) < 2 {
                        thread::yield_now();
                    }
                });
            }
        }
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn the_caller_may_be_a_thread_of_the_pool() {
        let pool = rayon_pool(3);
        let threads = Threads::of_rayon(Some(pool.clone()));
        let sum = AtomicUsize::new(0);
        let run = |_: rayon::BroadcastContext<'_>| {
            threads.run_with_scratch(9, 5, &|task, scratch| {
                scratch.fill(1.0);
                sum.fetch_add(task, Ordering::Relaxed);
            });
        };
        pool.broadcast(run);
        assert_eq!(sum.into_inner(), 3 * 36);
        assert_eq!(pool.install(|| Threads::of_rayon(None).count()), 3);
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn a_pool_without_a_free_thread_is_not_waited_for() {
        let pool = rayon_pool(2);
        let threads = Threads::of_rayon(Some(pool.clone()));
        let (started, finish) = (std::sync::Barrier::new(3), std::sync::Barrier::new(3));
        thread::scope(|scope| {
            scope.spawn(|| {
                pool.broadcast(|_| {
                    started.wait();
                    finish.wait();
                })
            });
            started.wait();
            let caller = thread::current().id();
            for _ in 0..3 {
                threads.run(8, &|_| assert_eq!(thread::current().id(), caller));
            }
            finish.wait();
        });
    }
}
