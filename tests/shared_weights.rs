//! Sessions of one network in many threads, which read its weights where they are, and weights that are exchanged meanwhile.

#[cfg(feature = "cuda")]
#[path = "common/devices.rs"]
mod devices;

use dl::prelude::*;
use dl::{Shared, pod::flat};
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, RwLock};
use std::thread;

model! {
    Reader(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8, 3, padding: 1) -> batch_norm -> relu -> max_pool2d(2) -> flatten -> dense(10)
    }
    Chances(x: [6]) -> [4] { x -> dense(32) -> relu -> dropout(0.5) -> dense(4) }
    Notes(tokens: u32[..]) -> [.., 5] { tokens -> embedding(7, 6) -> lstm(8) -> dense(5) }
    Small(x: [3]) -> [2] { x -> dense(2) }
}

static SMALL: &Small = dl::include_model!(Small, "fixtures/include/good.safetensors");

type Image = [[[f32; 8]; 8]; 1];

fn images(count: usize) -> Vec<Image> {
    (0..count)
        .map(|i| [std::array::from_fn(|y| std::array::from_fn(|x| ((i * 31 + y * 8 + x) % 17) as f32 / 17.0))])
        .collect()
}

fn bits<T: dl::Pod<Element = f32>>(outputs: &[T]) -> Vec<u32> {
    flat(outputs).iter().map(|x| x.to_bits()).collect()
}

/// Predicts in a session with a copy of the weights, in batches of the same size: the last bit may depend on that.
fn by_a_copy<M: Model<Output: dl::Pod<Element = f32>>>(net: &M, samples: usize, inputs: &[M::Input]) -> Vec<u32> {
    let mut outputs = dl::pod::zeroed_vec(inputs.len());
    net.session(Cpu::with_threads(1), samples).unwrap().predict_into(inputs, &mut outputs).unwrap();
    bits(&outputs)
}

/// A session that shares `net`.
fn session<M: Model>(net: impl Into<Shared<M>>, samples: usize) -> Session<M> {
    Session::sharing(Cpu::with_threads(1), net, samples).unwrap()
}

#[test]
fn threads_predict_what_the_network_does() {
    let net: Arc<Reader> = Reader::init(7).into();
    let images = images(40);
    let one = bits(from_ref(&*net.predict_one(&images[9])));
    assert_eq!(by_a_copy(&*net, 40, &images), bits(&net.predict(&images)));
    thread::scope(|scope| {
        for samples in [1, 3, 16, 64] {
            let expected = by_a_copy(&*net, samples, &images);
            let (mut session, images, one) = (session(net.clone(), samples), &images, &one);
            scope.spawn(move || {
                for _ in 0..20 {
                    let mut outputs = vec![[0.0; 10]; images.len()];
                    session.predict_into(images, &mut outputs).unwrap();
                    assert_eq!(bits(&outputs), expected, "{samples} samples");
                    assert_eq!(bits(from_ref(session.predict_one(&images[9]))), *one);
                }
            });
        }
    });
    assert_eq!(Arc::strong_count(&net), 1, "sessions let go of the network");
}

#[test]
fn a_network_is_shared_from_wherever_it_is() {
    let x = [1.0, 1.0, 2.0];
    assert_eq!(*session(SMALL, 1).predict_one(&x), [1.75, 3.75]);
    assert_eq!(*session(SMALL.to_box(), 1).predict_one(&x), [1.75, 3.75]);
    assert_eq!(*session(Arc::<Small>::from(SMALL.to_box()), 1).predict_one(&x), [1.75, 3.75]);
    let boxed = SMALL.to_box();
    let address = &raw const *boxed;
    let shared = Shared::from(boxed);
    assert!(std::ptr::eq(&*shared, address) && shared.ptr_eq(&shared.clone()));
    assert!(!shared.ptr_eq(&SMALL.into()));
}

#[test]
fn a_session_can_move_to_another_network_between_requests() {
    let nets: [Arc<Reader>; 2] = [1, 2].map(|seed| Reader::init(seed).into());
    let images = images(6);
    let expected = nets.each_ref().map(|net| by_a_copy(&**net, 4, &images));
    assert_ne!(expected[0], expected[1]);
    let current = RwLock::new(nets[0].clone());
    let (done, seen) = (AtomicBool::new(false), [const { AtomicUsize::new(0) }; 2]);
    thread::scope(|scope| {
        let readers = [(); 4].map(|()| {
            scope.spawn(|| {
                let mut session = session(nets[0].clone(), 4);
                while !done.load(Relaxed) {
                    session.share(current.read().unwrap().clone()).unwrap();
                    let mut outputs = vec![[0.0; 10]; images.len()];
                    // More samples than the session takes at once: all of a request have the same weights.
                    session.predict_into(&images, &mut outputs).unwrap();
                    let found = bits(&outputs);
                    let which = expected.iter().position(|expected| *expected == found);
                    seen[which.expect("the outputs are those of one of both networks")].fetch_add(1, Relaxed);
                }
            })
        });
        for change in 1.. {
            *current.write().unwrap() = nets[change % 2].clone();
            thread::yield_now();
            let enough = change > 300 && seen.iter().all(|seen| seen.load(Relaxed) > 50);
            if enough || readers.iter().any(|reader| reader.is_finished()) {
                break;
            }
        }
        done.store(true, Relaxed);
    });
    drop(current);
    assert_eq!(nets.each_ref().map(Arc::strong_count), [1, 1]);
}

#[test]
fn weights_that_others_use_are_copied_before_anything_writes() {
    let (net, other): (Arc<Chances>, _) = (Chances::init(3).into(), Chances::init(4));
    let (before, x) = (bits(from_ref(&*net)), [[0.3, -0.2, 0.9, 1.0, 0.1, 0.0]; 5]);
    let mut outputs = [[[0.0; 4]; 5]; 2];
    let mut one = session(net.clone(), 5);
    one.predict_with_dropout_into(&x, &mut outputs[0], 9).unwrap();
    net.session(Cpu::with_threads(1), 5).unwrap().predict_with_dropout_into(&x, &mut outputs[1], 9).unwrap();
    assert_eq!(bits(&outputs[0]), bits(&outputs[1]));
    assert_eq!(Arc::strong_count(&net), 1, "the session has a copy");
    assert_eq!(bits(from_ref(&*net)), before);
    let mut two = one.try_clone().unwrap();
    one.reload(&other).unwrap();
    assert_eq!(bits(&[*one.predict_one(&x[0])]), bits(&[*other.predict_one(&x[0])]));
    assert_eq!(bits(&[*two.predict_one(&x[0])]), bits(&[*net.predict_one(&x[0])]));
    one.share(net.clone()).unwrap();
    one.reload(&other).unwrap();
    assert_eq!(bits(from_ref(&*net)), before);
    two.predict_with_dropout_into(&x, &mut outputs[1], 9).unwrap();
    assert_eq!(bits(&outputs[0]), bits(&outputs[1]));
}

#[test]
fn no_session_computes_with_the_weights_of_before() {
    let nets = [7, 8].map(|seed| Shared::from(Reader::init(seed)));
    let images = images(5);
    let expected = nets.each_ref().map(|net| by_a_copy(&**net, 4, &images));
    let ones = nets.each_ref().map(|net| bits(from_ref(&*net.predict_one(&images[2]))));
    let check = |session: &mut Session<Reader>, which: usize, what: &str| {
        let mut outputs = [[0.0; 10]; 5];
        session.predict_into(&images, &mut outputs).unwrap();
        assert_eq!(bits(&outputs), expected[which], "{what}");
        assert_eq!(bits(from_ref(session.predict_one(&images[2]))), ones[which], "{what}");
    };
    let mut one = nets[0].session(Cpu::with_threads(1), 4).unwrap();
    check(&mut one, 0, "a copy");
    one.reload(&nets[1]).unwrap();
    check(&mut one, 1, "reloaded in place");
    let mut two = one.try_clone().unwrap();
    check(&mut two, 1, "a clone");
    one.reload(&nets[0]).unwrap();
    check(&mut one, 0, "reloaded beside a clone");
    check(&mut two, 1, "the clone");
    for which in [1, 0, 1] {
        two.share(nets[which].clone()).unwrap();
        check(&mut two, which, "shared");
    }
    two.predict_with_dropout_into(&images, &mut [[0.0; 10]; 5], 1).unwrap();
    check(&mut two, 1, "a copy of the shared weights");
    two.reload(&nets[0]).unwrap();
    check(&mut two, 0, "reloaded after dropout");
    let mut net = Reader::init(7);
    assert_eq!(bits(&net.predict(&images)), by_a_copy(&*net, 64, &images));
    *net = *Reader::init(8);
    assert_eq!(bits(&net.predict(&images)), by_a_copy(&*net, 64, &images), "changed between predictions");
}

#[test]
fn streams_share_weights_too() {
    let net = Shared::from(Notes::init(5));
    let tokens = vec![1_u32, 4, 2, 0, 6];
    let expected = bits(&net.predict(from_ref(&tokens))[0]);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut session = session(net.clone(), 1);
                let mut state = session.state(1, 8).unwrap();
                let (mut found, mut output) = (Vec::new(), [Vec::new()]);
                for token in &tokens {
                    session.step(&mut state, &[vec![*token]], &mut output).unwrap();
                    found.extend(output[0].iter().flatten().copied());
                }
                let expected: Vec<f32> = expected.iter().map(|bits| f32::from_bits(*bits)).collect();
                assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
                assert_eq!(found.len(), expected.len());
            });
        }
    });
}

#[test]
fn wrong_sizes_are_refused_before_anything_is_shared() {
    let error = Session::sharing(Cpu::with_threads(1), SMALL, 0).map(drop).unwrap_err().to_string();
    assert!(error.starts_with("`samples` of `Session` is 0; it must be from 1 to"), "{error}");
}

#[cfg(feature = "cuda")]
#[test]
fn clones_of_a_session_on_a_gpu_have_one_upload() {
    let Some(cuda) = devices::cuda() else { return };
    let (net, other): (Arc<Reader>, _) = (Reader::init(7).into(), Reader::init(8));
    let images = images(5);
    let close = |session: &mut Session<Reader, Cuda>, net: &Reader| {
        let mut outputs = vec![[0.0; 10]; images.len()];
        session.predict_into(&images, &mut outputs).unwrap();
        let expected = net.predict(&images);
        assert!(flat(&outputs).iter().zip(flat(&expected)).all(|(a, b)| (a - b).abs() < 1e-4), "{outputs:?}");
    };
    let mut one = Session::sharing(cuda, net.clone(), 4).unwrap();
    assert_eq!(Arc::strong_count(&net), 1, "the weights were uploaded");
    let mut two = one.try_clone().unwrap();
    close(&mut one, &net);
    close(&mut two, &net);
    one.reload(&other).unwrap();
    for _ in 0..4 {
        close(&mut one, &other);
        close(&mut two, &net);
    }
    drop(one);
    two.share(Arc::<Reader>::from(other)).unwrap();
    close(&mut two, &Reader::init(8));
}
