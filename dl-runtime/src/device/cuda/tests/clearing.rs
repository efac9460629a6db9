//! A buffer that is allocated while another thread records a graph.

use super::super::{Cuda, Libraries, Precision, Words};
use super::{alone, download};
use crate::Result;
use crate::tensor::Storage;
use cudarc::driver::sys::CUstream;
use std::cell::Cell;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Something that happens once.
struct Once(Mutex<bool>, Condvar);

impl Once {
    const fn new() -> Self {
        Once(Mutex::new(false), Condvar::new())
    }
    fn happens(&self) {
        *self.0.lock().expect("no panic") = true;
        self.1.notify_all();
    }
    /// Waits until it happened, but not for ever: the lock may be what keeps it from happening.
    fn wait(&self) {
        let happened = self.0.lock().expect("no panic");
        drop(self.1.wait_timeout_while(happened, Duration::from_millis(500), |happened| !*happened));
    }
}

static ALLOCATED: Once = Once::new();
static RECORDING: Once = Once::new();
static CLEARED: Once = Once::new();
static RECORDED: Once = Once::new();

thread_local! {
    /// True for the thread of this test that waits before its buffer is cleared.
    static WAITS: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the thread that allocates from clearing its memory until the other one records, which it cannot while it has to wait for the lock.
extern "C" fn at_clearing() {
    if WAITS.take() {
        ALLOCATED.happens();
        RECORDING.wait();
    }
}

/// A library call that does nothing, but waits for the other thread if it is recorded.
fn pause(_: &mut Libraries, words: &Words, _: CUstream) -> Result<()> {
    if words[0] == 1 && ALLOCATED.0.lock().is_ok_and(|allocated| *allocated) {
        RECORDING.happens();
        CLEARED.wait();
    }
    Ok(())
}

#[test]
fn it_is_no_part_of_the_graph() {
    let Some(cuda) = alone(Precision::F32) else { return };
    assert!(dl_emulation::at_clearing(at_clearing));
    let mut buffer = cuda.zeros::<f32>(8).expect("memory");
    let mut step = || {
        (0..3).for_each(|_| cuda.clear(Cuda::whole_mut(&mut buffer)));
        cuda.call(pause, &[1], &[]);
        cuda.submit().expect("work that can be done");
    };
    // One by one.
    step();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            WAITS.set(true);
            let other = cuda.zeros::<f32>(8).expect("memory");
            CLEARED.happens();
            RECORDED.wait();
            drop(other);
        });
        ALLOCATED.wait();
        // As a graph.
        step();
        RECORDED.happens();
    });
    assert_eq!(cuda.counts().graphs, 1);
    // Its second launch finds the memory of the other thread freed.
    step();
    cuda.synchronize().expect("a graph of its own work alone");
    assert_eq!(download(&cuda, &buffer).expect("a result"), [0.0; 8]);
}
