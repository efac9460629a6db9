//! The emulation's own tests: right kernels pass, every kind of mistake is found and named, and nothing runs too early.
#![cfg(feature = "cuda")]

mod common;
mod mistakes;
mod streams;

use common::{at, compile, gpu};

#[test]
fn right_kernels_give_right_results() {
    let Some(gpu) = gpu() else { return };
    for n in [1usize, 31, 32, 33, 1000] {
        let x: Vec<f32> = (0..n).map(|i| i as f32).collect();
        let (from, to) = (gpu.upload(&x), gpu.upload(&vec![0f32; n]));
        gpu.launch("emulation_test_add", 3, 64, &[at(&from), at(&to), at(&0.5f32)]);
        assert_eq!(gpu.read::<f32>(to), x.iter().map(|v| v + 0.5).collect::<Vec<_>>());
    }
    let x: Vec<f32> = (0..7 * 100).map(|i| (i % 13) as f32).collect();
    let (from, to) = (gpu.upload(&x), gpu.upload(&[0f32; 7]));
    gpu.launch("emulation_test_sum", 7, 96, &[at(&from), at(&100u32), at(&to)]);
    assert_eq!(gpu.read::<f32>(to), x.chunks(100).map(|row| row.iter().sum()).collect::<Vec<f32>>());
    let x: Vec<f32> = (0..64).map(|i| i as f32).collect();
    let (from, to) = (gpu.upload(&x), gpu.upload(&[0f32; 64]));
    gpu.launch("emulation_test_copy4", 2, 32, &[at(&from), at(&to)]);
    assert_eq!(gpu.read::<f32>(to), x);
    let classes: Vec<u32> = (0..1000).map(|i| i * i % 4).collect();
    let (from, bins) = (gpu.upload(&classes), gpu.upload(&[0u32; 4]));
    gpu.launch("emulation_test_count", 5, 64, &[at(&from), at(&bins)]);
    assert_eq!(gpu.read::<u32>(bins), [500, 500, 0, 0]);
}

/// In whatever order blocks run; tickets begin and end at zero.
#[test]
fn the_last_block_reads_what_all_wrote() {
    let Some(gpu) = gpu() else { return };
    let (x, tickets, y) = (gpu.upload(&[0u32; 9 * 64]), gpu.upload(&[0u32]), gpu.upload(&[0u32]));
    for _ in 0..10 {
        gpu.launch("emulation_test_last_block", 9, 64, &[at(&x), at(&tickets), at(&y), at(&0u32)]);
        assert_eq!((gpu.read::<u32>(y)[0], gpu.read::<u32>(tickets)[0]), (575 * 576 / 2, 0));
    }
}

#[test]
fn warp_operations_mean_what_cuda_says() {
    let Some(gpu) = gpu() else { return };
    let to = gpu.upload(&[0u32; 64 * 8]);
    gpu.launch("emulation_test_warp", 1, 64, &[at(&to)]);
    for (thread, row) in gpu.read::<u32>(to).chunks(8).enumerate() {
        let lane = thread as u32 % 32;
        let below = if lane % 8 < 6 { lane + 2 } else { lane };
        assert_eq!(row, [(lane + 1) % 32, lane.saturating_sub(1), below, 0x5555_5555, 1, 0, 40, lane ^ 1]);
    }
    let to = gpu.upload(&[0u32; 32]);
    gpu.launch("emulation_test_warp_memory", 1, 32, &[at(&to), at(&1u32)]);
    assert_eq!(gpu.read::<u32>(to), (0..32).rev().collect::<Vec<u32>>());
}

#[test]
fn parameters_have_the_sizes_of_the_card() {
    use cudarc::driver::sys::{CUresult, cuFuncGetParamInfo};
    let Some(gpu) = gpu() else { return };
    let to = gpu.upload(&[0f32]);
    let settings = (2u32, 0.5f32);
    gpu.launch("emulation_test_parameters", 1, 1, &[at(&1u32), at(&settings), at(&4u64), at(&to)]);
    assert_eq!(gpu.read::<f32>(to), [7.5]);
    let function = gpu.function("emulation_test_parameters");
    for (number, expected) in [(0, 4), (4, 8), (16, 8), (24, 16)].into_iter().enumerate() {
        let mut got = (0, 0);
        // SAFETY: both places are ours.
        unsafe { cuFuncGetParamInfo(function, number, &mut got.0, &mut got.1) };
        assert_eq!(got, expected);
    }
    let mut none = 0;
    // SAFETY: as above.
    let result = unsafe { cuFuncGetParamInfo(function, 4, &mut none, &mut none) };
    assert_eq!(result, CUresult::CUDA_ERROR_INVALID_VALUE);
}

#[test]
fn another_text_is_refused() {
    let Some(_gpu) = gpu() else { return };
    let log = compile("KERNEL(unknown, Span<float> y) {}").unwrap_err();
    assert!(log.contains("built from another text"), "{log}");
    let changed = include_str!("../kernels.cu").replace("x[i] + by", "x[i] - by");
    assert!(compile(&changed).is_err());
}
