//! Helpers that are tasks of a rayon pool.

use super::job::Shared;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A rayon pool, of which threads are borrowed while jobs come.
pub(super) struct Borrowed {
    /// `None` is the pool of the calling thread, or the global one.
    pool: Option<Arc<rayon::ThreadPool>>,
    /// Whether a helper is in the pool, waiting there or looking for jobs; the caller itself is none.
    present: Arc<[AtomicBool]>,
}

impl Borrowed {
    pub(super) fn new(pool: Option<Arc<rayon::ThreadPool>>) -> Self {
        let threads = pool.as_ref().map_or_else(rayon::current_num_threads, |pool| pool.current_num_threads());
        Borrowed { pool, present: (1..threads).map(|_| AtomicBool::new(false)).collect() }
    }

    /// Number of helpers.
    pub(super) fn count(&self) -> usize {
        self.present.len()
    }

    /// Sends those of the first `helpers` that are absent; the others are looking for the open job already.
    pub(super) fn call(&self, shared: &Arc<Shared>, helpers: usize) {
        for at in 0..helpers {
            // After the job was opened: either its epoch is seen by a helper that leaves, or its absence here.
            if self.present[at].swap(true, Ordering::SeqCst) {
                continue;
            }
            let (shared, present) = (shared.clone(), self.present.clone());
            let serve = move || serve(&shared, at + 1, &present[at]);
            match &self.pool {
                Some(pool) => pool.spawn(serve),
                None => rayon::spawn(serve),
            }
        }
    }
}

/// Helps with the newest job and those that follow within some 20 µs each.
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
