//! Graphs whose recording or update goes wrong.

use super::super::{Buffer, Cuda, Precision};
use super::{alone, download};
use crate::ops::noise::{Noise, NoiseKernel};
use crate::random::Purpose;
use crate::tensor::Storage;
use crate::testing::{assert_close, wide};
use crate::{Cpu, Result};
use dl_emulation::{Order, graphs, order};

const LEN: usize = 40;

/// Adds noise four times, with a seed that is an argument of the kernels, and sends this to the device.
fn step<D: NoiseKernel>(device: &D, buffer: &mut D::Buffer<f32>, seed: u64) -> Result<()> {
    for id in 0..4 {
        let noise = Noise { seed, id, purpose: Purpose::GaussianNoise, stddev: 1.0 };
        device.add_noise(noise, D::whole_mut(buffer));
    }
    device.submit()
}

/// Checks that the buffer has the noise of these seeds.
#[track_caller]
fn check(cuda: &Cuda, buffer: &Buffer<f32>, seeds: &[u64]) {
    let cpu = Cpu::with_threads(1);
    let mut expected = cpu.zeros(LEN).expect("memory");
    seeds.iter().for_each(|seed| step(&cpu, &mut expected, *seed).expect("the CPU does not fail"));
    let found = download(cuda, buffer).expect("a result");
    assert_close("noise", &found, &wide(Cpu::whole(&expected)), 1e-5);
}

#[test]
fn a_graph_ends_when_its_update_fails() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let (before, mut buffer) = (graphs(), cuda.zeros(LEN).expect("memory"));
    for seed in 1..4 {
        step(&cuda, &mut buffer, seed).expect("work that can be done");
    }
    let one = graphs();
    assert_eq!(one, before.map(|before| before + 2), "a graph, and what can be launched of it");
    for round in 0..3 {
        let refused = order(Order::RefusedUpdates, 1);
        let error = step(&cuda, &mut buffer, 4).expect_err("no update").to_string();
        assert!(error.contains("updating a graph"), "{error}");
        drop(refused);
        assert_eq!(graphs(), before, "after {round} rounds");
        step(&cuda, &mut buffer, 5 + round).expect("work that can be done");
        assert_eq!(graphs(), one, "after {round} rounds");
    }
    check(&cuda, &buffer, &[1, 2, 3, 5, 6, 7]);
    drop(cuda);
    drop(buffer);
    assert_eq!(graphs(), before, "the device frees its graphs");
}

#[test]
fn a_launch_of_no_or_several_nodes_is_an_error() {
    for nodes in [2, u64::MAX] {
        let Some(cuda) = alone(Precision::F32) else { return };
        let mut buffer = cuda.zeros(LEN).expect("memory");
        step(&cuda, &mut buffer, 1).expect("launches one by one");
        let reported = order(Order::CapturedNodes, nodes);
        let error = step(&cuda, &mut buffer, 2).expect_err("a launch is one node").to_string();
        assert!(error.contains("recording a graph"), "{error}");
        drop(reported);
        step(&cuda, &mut buffer, 3).expect("work that can be done");
        check(&cuda, &buffer, &[1, 3]);
    }
}

#[test]
fn edges_may_have_data() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let mut buffer = cuda.zeros(LEN).expect("memory");
    let _data = order(Order::EdgeData, 1);
    for seed in 1..4 {
        step(&cuda, &mut buffer, seed).expect("a graph");
    }
    assert_eq!((cuda.counts().graphs, cuda.counts().graph_launches), (1, 2));
    check(&cuda, &buffer, &[1, 2, 3]);
}
