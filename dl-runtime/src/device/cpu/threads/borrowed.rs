//! Helper threads borrowed from a rayon pool: each is a rayon task.

use super::job::Shared;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A rayon pool whose threads are borrowed while there are jobs.
pub(super) struct Borrowed {
    /// `None` stands for the pool of the calling thread, or the global one.
    pool: Option<Arc<rayon::ThreadPool>>,
    /// One flag per helper, which is true while it is queued in rayon or looking for jobs. The calling thread is not counted.
    present: Arc<[AtomicBool]>,
}

impl Borrowed {
    pub(super) fn new(pool: Option<Arc<rayon::ThreadPool>>) -> Self {
        let threads = pool.as_ref().map_or_else(rayon::current_num_threads, |pool| pool.current_num_threads());
        Borrowed { pool, present: (1..threads).map(|_| AtomicBool::new(false)).collect() }
    }

    /// Returns the number of helpers.
    pub(super) fn count(&self) -> usize {
        self.present.len()
    }

    /// Spawns those of the first `helpers` that are absent; the others are already looking for the open job.
    pub(super) fn call(&self, shared: &Arc<Shared>, helpers: usize) {
        for index in 0..helpers {
            // This comes after the job was opened: either a helper that leaves sees the new epoch, or we see here that
            // it is absent.
            if self.present[index].swap(true, Ordering::SeqCst) {
                continue;
            }
            let (shared, present) = (shared.clone(), self.present.clone());
            let serve = move || serve(&shared, index + 1, &present[index]);
            match &self.pool {
                Some(pool) => pool.spawn(serve),
                None => rayon::spawn(serve),
            }
        }
    }
}

/// Helps with the newest job, and with further ones until there was none for about 20 µs.
fn serve(shared: &Shared, id: usize, present: &AtomicBool) {
    let mut seen = shared.epoch().wrapping_sub(1);
    loop {
        shared.serve(id, &mut seen);
        present.store(false, Ordering::SeqCst);
        if shared.epoch() == seen || present.swap(true, Ordering::SeqCst) {
            return;
        }
    }
}
