//! Threads beside the one that trains. A system may refuse to start them, and a browser has none.

use std::thread::{Builder, Scope};

/// Starts up to `count` threads that call `work`; returns the number of those that the system started.
pub(super) fn spawn<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    count: usize,
    work: impl Fn() + Copy + Send + 'scope,
) -> usize {
    (0..count).map_while(|_| Builder::new().spawn_scoped(scope, work).ok()).count()
}
