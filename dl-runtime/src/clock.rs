//! The clock that trainings are timed by. Where the standard library has none, as in a browser, no time passes.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use std::time::Instant;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use stopped::Instant;

#[cfg(any(test, all(target_family = "wasm", target_os = "unknown")))]
mod stopped {
    use std::time::Duration;

    /// The only instant of a clock that stands still, in place of the one of the standard library, which would trap.
    #[derive(Clone, Copy)]
    pub(crate) struct Instant;

    impl Instant {
        pub fn now() -> Self {
            Instant
        }
        pub fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }
}

/// Returns `count` per second; 0 if no time was measured.
pub(crate) fn per_second(count: usize, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_still_gives_finite_speeds() {
        let seconds = stopped::Instant::now().elapsed().as_secs_f64();
        assert_eq!((seconds, per_second(100, seconds), per_second(100, 0.5)), (0.0, 0.0, 200.0));
    }
}
