//! Trainings with many settings, several at a time.

use super::spawn::spawn;
use crate::tensor::context::splitmix64;
use crate::{Result, range};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `run` with each of the settings and a seed of its own, on `threads` threads, and returns the results in the order of the settings.
///
/// An error of one run leaves the others as they are. The seed of a run depends only on `seed` and the place of its setting, so that the
/// results depend neither on the number of threads nor on their speed. Each run should train on [`Cpu::with_threads(1)`](crate::Cpu): so
/// several runs side by side take less time than one after the other on all threads.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<Net: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>() -> dl::Result<()> {
/// use dl::prelude::*;
/// use dl::train::sweep;
/// let digits = dl::data::digits();
/// let rates = [1e-4, 1e-3, 1e-2];
/// let losses = sweep(&rates, 2, 42, |rate, seed| -> dl::Result<f64> {
///     let mut net = Net::init(seed);
///     let trainer = Trainer::new(Adam::new(*rate)).loss(CrossEntropy).on(Cpu::with_threads(1)).seed(seed);
///     let history = trainer.epochs(2).validate(&digits.test).quiet().fit(&mut net, &digits.train)?;
///     Ok(history.epochs[1].validation.as_ref().map_or(f64::NAN, |scores| scores.loss))
/// })?;
/// for (rate, loss) in rates.iter().zip(losses) {
///     println!("{rate}: {}", loss.map_or_else(|error| error.to_string(), |loss| loss.to_string()));
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Returns [`Error::Setting`](crate::Error::Setting) for 0 threads; the errors of runs are among the results.
///
/// # Panics
/// A panic of a run goes on here, after the runs of the other threads.
pub fn sweep<S: Sync, R: Send, E: Send>(
    settings: &[S],
    threads: usize,
    seed: u64,
    run: impl Fn(&S, u64) -> Result<R, E> + Sync,
) -> Result<Vec<Result<R, E>>> {
    range::at_least_one("sweep", "threads", threads as u64)?;
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(settings.len())));
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(setting) = settings.get(place) else { break };
            let result = run(setting, splitmix64(seed, place as u64));
            results.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    };
    std::thread::scope(|scope| {
        spawn(scope, threads.min(settings.len()).saturating_sub(1), work);
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn results_are_in_the_order_of_the_settings_on_any_number_of_threads() {
        let settings: Vec<u64> = (0..37).collect();
        let run = |threads| {
            let slow_first = |setting: &u64, seed: u64| {
                std::thread::sleep(std::time::Duration::from_millis(3 * (4 - setting % 4)));
                if setting % 5 == 3 { Err(format!("{setting} fails")) } else { Ok((*setting, seed)) }
            };
            sweep(&settings, threads, 7, slow_first).unwrap()
        };
        let one = run(1);
        assert_eq!(one.len(), 37);
        for (setting, result) in settings.iter().zip(&one) {
            match result {
                Ok((found, _)) => assert_eq!(found, setting),
                Err(error) => assert_eq!(*error, format!("{setting} fails")),
            }
        }
        let mut seeds: Vec<u64> = one.iter().flatten().map(|(_, seed)| *seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), one.iter().flatten().count());
        for threads in [2, 5, 100] {
            assert_eq!(run(threads), one);
        }
        assert!(sweep(&[0; 0], 3, 1, |_, _| Ok::<(), Error>(())).unwrap().is_empty());
    }

    #[test]
    fn no_threads_are_an_error_and_a_panic_goes_on() {
        let error = sweep(&[1], 0, 1, |_, _| Ok::<(), Error>(())).unwrap_err();
        assert_eq!(error.to_string(), "`threads` of `sweep` is 0; it must be a whole number of at least 1");
        let panicked = std::panic::catch_unwind(|| {
            sweep(&[1, 2, 3], 2, 1, |setting, _| {
                assert_ne!(*setting, 2, "a mistake");
                Ok::<(), Error>(())
            })
        });
        assert!(panicked.is_err());
    }
}
