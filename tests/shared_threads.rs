//! Predictions without a session share one pool of threads, however many threads call them: the only test of its process, since it
//! counts the threads there are.
#![cfg(target_os = "linux")]

use dl::pod::{flat, flat_mut, zeroed_vec};
use dl::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

model! {
    Large(x: [4000]) -> [4] { x -> dense(4000) -> relu -> dropout(0.5) -> dense(4) }
}

const CALLERS: usize = 16;
// Four samples are work enough for threads.
const _: () = assert!(Large::MULTIPLY_ADDS * 4 > 50_000_000);

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn callers_share_one_pool() {
    let net = Arc::new(Large::init(1));
    let mut inputs: Vec<[f32; 4000]> = zeroed_vec(4);
    flat_mut(&mut inputs).iter_mut().enumerate().for_each(|(i, x)| *x = (i % 17) as f32 / 17.0 - 0.5);
    let inputs = Arc::new(inputs);
    let before = threads();
    let (start, running) = (Arc::new(Barrier::new(CALLERS + 1)), Arc::new(AtomicUsize::new(CALLERS)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (net, inputs, start, running) = (net.clone(), inputs.clone(), start.clone(), running.clone());
            thread::spawn(move || {
                start.wait();
                let outputs = [(); 3].map(|()| net.predict(&inputs));
                net.predict_with_dropout(&inputs, 1).unwrap();
                running.fetch_sub(1, Ordering::Relaxed);
                outputs
            })
        })
        .collect();
    start.wait();
    let mut most = 0;
    while running.load(Ordering::Relaxed) > 0 {
        most = most.max(threads());
        thread::yield_now();
    }
    let cores = thread::available_parallelism().unwrap().get();
    // The callers, and the helpers of one pool, of which a caller is one.
    assert!(most < before + CALLERS + cores, "{most} threads, {before} of them before");
    // The number of threads, and who has them, changes no bit.
    let mut session = net.session(Cpu::with_threads(1), 4).unwrap();
    let mut expected = vec![[0.0; 4]; 4];
    session.predict_into(&inputs, &mut expected).unwrap();
    for outputs in callers.into_iter().flat_map(|caller| caller.join().unwrap()) {
        assert!(flat(&outputs) == flat(&expected));
    }
}
