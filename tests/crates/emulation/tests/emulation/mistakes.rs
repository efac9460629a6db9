//! Every kind of mistake fails the launch and everything after it, with words that name kernel, block, thread and place.

use crate::common::{OK, at, gpu};
use cudarc::driver::sys::*;

/// Runs a kernel on spans of these lengths and returns what was found.
fn found(name: &str, grid: u32, block: u32, lens: &[usize]) -> Option<String> {
    let gpu = gpu()?;
    let spans: Vec<_> = lens.iter().map(|&len| gpu.upload(&vec![0f32; len])).collect();
    let parameters: Vec<_> = spans.iter().map(at).collect();
    assert_eq!(gpu.launch(name, grid, block, &parameters), OK, "launches only enqueue");
    let failed = gpu.wait();
    assert!(
        failed == CUresult::CUDA_ERROR_LAUNCH_FAILED || failed == CUresult::CUDA_ERROR_ILLEGAL_ADDRESS,
        "{failed:?}"
    );
    assert_eq!(gpu.wait(), failed, "it stays");
    Some(dl_emulation::last_mistake().expect("a mistake has its words"))
}

fn expect(name: &str, grid: u32, block: u32, lens: &[usize], words: &[&str]) {
    // Threads take turns in another order in every launch: it is found in each.
    for _ in 0..5 {
        let Some(text) = found(name, grid, block, lens) else { return };
        for word in [name, "kernels.cu:"].iter().chain(words) {
            assert!(text.contains(word), "{text:?} has no {word:?}");
        }
    }
}

#[test]
fn indices_out_of_range() {
    expect(
        "emulation_test_past_the_end",
        2,
        64,
        &[100, 128],
        &["block (1, 0, 0)", "element", "of parameter 1, which has 100"],
    );
    expect(
        "emulation_test_past_the_end",
        2,
        64,
        &[128, 127],
        &["thread (63, 0, 0)", "element 127 of parameter 2, which has 127"],
    );
    expect("emulation_test_shared_past_the_end", 1, 9, &[9], &["thread (8, 0, 0)", "element 8 of tile, which has 8"]);
    expect("emulation_test_misaligned", 1, 1, &[8], &["at 2 of parameter 1", "16 bytes"]);
}

#[test]
fn races() {
    expect("emulation_test_no_barrier", 1, 64, &[64], &["tile["]);
    expect("emulation_test_late_barrier", 1, 64, &[64], &["tile[", "a race"]);
    expect("emulation_test_blocks_race", 2, 32, &[1], &["writes parameter 1[0], which another block wrote"]);
    expect("emulation_test_blocks_read", 2, 32, &[96], &["parameter 1[3]", "another block"]);
    // The last block reads what other blocks wrote without a barrier or a fence before the ticket, or without a fence after it.
    for without in [1u32, 2, 4] {
        let Some(gpu) = gpu() else { return };
        let (x, tickets, y) = (gpu.upload(&[0u32; 9 * 64]), gpu.upload(&[0u32]), gpu.upload(&[0u32]));
        gpu.launch("emulation_test_last_block", 9, 64, &[at(&x), at(&tickets), at(&y), at(&without)]);
        assert_ne!(gpu.wait(), OK, "without {without}");
        let text = dl_emulation::last_mistake().expect("a mistake has its words");
        assert!(text.contains("which another block wrote"), "{text:?}");
    }
    let Some(gpu) = gpu() else { return };
    let to = gpu.upload(&[0u32; 32]);
    gpu.launch("emulation_test_warp_memory", 1, 32, &[at(&to), at(&0u32)]);
    assert_ne!(gpu.wait(), OK);
}

#[test]
fn shared_memory_never_written_or_too_large() {
    expect("emulation_test_unwritten", 1, 64, &[64], &["reads tile[63], which this block never wrote"]);
    expect("emulation_test_too_much_shared", 1, 1, &[1], &["shared memory", "49152"]);
}

#[test]
fn barriers_that_some_threads_never_reach() {
    expect("emulation_test_divergent", 1, 64, &[64], &["waits at __syncthreads for thread (", "has left the kernel"]);
    expect("emulation_test_divergent_warp", 1, 32, &[32], &["__shfl_xor_sync for thread (", "has left the kernel"]);
    expect("emulation_test_two_barriers", 1, 64, &[64], &["waits at __syncthreads while thread"]);
    expect("emulation_test_absent_lane", 1, 20, &[20], &["takes the value of lane", "does not take part"]);
}

#[test]
fn launches_that_cuda_refuses() {
    let Some(gpu) = gpu() else { return };
    let y = gpu.upload(&[0f32; 2048]);
    let refused = |name: &str, grid, block, word: &str| {
        assert_eq!(gpu.launch(name, grid, block, &[at(&y)]), CUresult::CUDA_ERROR_INVALID_VALUE);
        let text = dl_emulation::last_mistake().expect("a refusal has its words");
        assert!(text.contains(word) && text.contains(name), "{text:?}");
    };
    refused("emulation_test_small_blocks", 0, 32, "a dimension of 0");
    refused("emulation_test_small_blocks", 1, 1025, "1025 threads");
    refused("emulation_test_small_blocks", 1, 96, "compiled for 64");
    assert_eq!(gpu.wait(), OK, "a refusal harms nothing");
}

#[test]
fn memory_that_is_not_there() {
    let Some(gpu) = gpu() else { return };
    let (x, y) = (gpu.upload(&[0f32; 8]), gpu.upload(&[0f32; 8]));
    // SAFETY: the emulation checks what the tests do wrong here.
    unsafe {
        assert_eq!(cuMemcpyDtoD_v2(y.address + 4, x.address, 32), CUresult::CUDA_ERROR_INVALID_VALUE);
        assert_eq!(cuMemFree_v2(x.address + 4), CUresult::CUDA_ERROR_INVALID_VALUE);
        assert_eq!(cuMemFree_v2(x.address), OK);
        assert_eq!(cuMemFree_v2(x.address), CUresult::CUDA_ERROR_INVALID_VALUE);
    }
    gpu.launch("emulation_test_add", 1, 32, &[at(&x), at(&y), at(&1f32)]);
    assert_eq!(gpu.wait(), CUresult::CUDA_ERROR_ILLEGAL_ADDRESS);
    let text = dl_emulation::last_mistake().unwrap();
    assert!(text.contains("`emulation_test_add`: parameter 1 is no memory of the device"), "{text:?}");
}

#[test]
fn memory_begins_as_not_a_number() {
    let Some(gpu) = gpu() else { return };
    let mut address = 0;
    // SAFETY: the place is ours.
    assert_eq!(unsafe { cuMemAlloc_v2(&mut address, 12) }, OK);
    let values = gpu.read::<f32>(crate::common::Span { address, len: 3 });
    assert!(values.iter().all(|v| v.is_nan()));
}
