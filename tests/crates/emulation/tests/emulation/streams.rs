//! Work runs as late as it may, so what was not waited for is seen; captured graphs replay what was captured.

use crate::common::{Gpu, OK, Span, at, gpu};
use cudarc::driver::sys::*;
use std::ptr::null_mut;

fn add(gpu: &Gpu, x: Span, y: Span, by: f32) {
    assert_eq!(gpu.launch("emulation_test_add", 1, 32, &[at(&x), at(&y), at(&by)]), OK);
}

/// Pinned memory of the host.
fn pinned(len: usize) -> &'static mut [f32] {
    let mut data = null_mut();
    // SAFETY: the allocation has this length and stays.
    unsafe {
        assert_eq!(cuMemHostAlloc(&mut data, len * 4, 0), OK);
        std::slice::from_raw_parts_mut(data.cast(), len)
    }
}

#[test]
fn pinned_memory_is_read_late_and_pageable_memory_at_once() {
    let Some(gpu) = gpu() else { return };
    let to = gpu.upload(&[0f32; 4]);
    let host = pinned(4);
    host.fill(1.0);
    let mut pageable = [1f32; 4];
    // SAFETY: both ranges hold 16 bytes.
    unsafe {
        assert_eq!(cuMemcpyHtoDAsync_v2(to.address, host.as_ptr().cast(), 16, gpu.stream), OK);
        host.fill(2.0);
        assert_eq!(gpu.read::<f32>(to), [2.0; 4], "too early");
        assert_eq!(cuMemcpyHtoDAsync_v2(to.address, pageable.as_ptr().cast(), 16, gpu.stream), OK);
        pageable.fill(2.0);
        assert_eq!(gpu.read::<f32>(to), [1.0; 4]);
        // And written late.
        host.fill(0.0);
        assert_eq!(cuMemcpyDtoHAsync_v2(host.as_mut_ptr().cast(), to.address, 16, gpu.stream), OK);
        assert_eq!(host, [0.0; 4]);
        gpu.wait();
        assert_eq!(host, [1.0; 4]);
    }
    assert!(pageable == [2.0; 4]);
}

#[test]
fn a_missing_event_shows() {
    let Some(gpu) = gpu() else { return };
    let (x, y) = (gpu.upload(&[0f32; 4]), gpu.upload(&[0f32; 4]));
    let (mut copies, mut event) = (null_mut(), null_mut());
    // SAFETY: handles are those that the driver gave.
    unsafe {
        assert_eq!(cuStreamCreate(&mut copies, 1), OK);
        assert_eq!(cuEventCreate(&mut event, 2), OK);
        for (with_event, expected) in [(false, 1.0), (true, 4.0)] {
            cuMemsetD8Async(x.address, 0, 16, gpu.stream);
            gpu.wait();
            let host = pinned(4);
            host.fill(3.0);
            assert_eq!(cuMemcpyHtoDAsync_v2(x.address, host.as_ptr().cast(), 16, copies), OK);
            if with_event {
                assert_eq!(cuEventRecord(event, copies), OK);
                assert_eq!(cuStreamWaitEvent(gpu.stream, event, 0), OK);
            }
            add(&gpu, x, y, 1.0);
            assert_eq!(gpu.read::<f32>(y), [expected; 4]);
            cuStreamSynchronize(copies);
        }
    }
}

#[test]
fn graphs_replay_what_was_captured() {
    let Some(gpu) = gpu() else { return };
    let (x, y) = (gpu.upload(&[0f32; 4]), gpu.upload(&[0f32; 4]));
    let (mut graph, mut run) = (null_mut(), null_mut());
    let global = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_GLOBAL;
    // SAFETY: handles are those that the driver gave; the parameters are the kernel's.
    unsafe {
        assert_eq!(cuStreamBeginCapture_v2(gpu.stream, global), OK);
        add(&gpu, x, x, 1.0);
        let (mut status, mut id) = (CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE, 0);
        let (mut nodes, mut count) = (std::ptr::null(), 0);
        let result =
            cuStreamGetCaptureInfo_v3(gpu.stream, &mut status, &mut id, null_mut(), &mut nodes, null_mut(), &mut count);
        assert_eq!((result, count), (OK, 1));
        let node = *nodes;
        add(&gpu, x, y, 0.0);
        assert_eq!(cuStreamEndCapture(gpu.stream, &mut graph), OK);
        assert_eq!(gpu.read::<f32>(x), [0.0; 4], "captured work does not run");

        assert_eq!(cuGraphInstantiateWithFlags(&mut run, graph, 0), OK);
        for _ in 0..3 {
            assert_eq!(cuGraphLaunch(run, gpu.stream), OK);
        }
        // Launches made before keep their parameters.
        let by = 10f32;
        let mut parameters = [at(&x).cast_mut(), at(&x).cast_mut(), at(&by).cast_mut()];
        let mut launch = std::mem::zeroed();
        assert_eq!(cuGraphKernelNodeGetParams_v2(node, &mut launch), OK);
        assert_eq!(launch.blockDimX, 32);
        launch.kernelParams = parameters.as_mut_ptr();
        assert_eq!(cuGraphExecKernelNodeSetParams_v2(run, node, &launch), OK);
        assert_eq!(cuGraphLaunch(run, gpu.stream), OK);
        assert_eq!(gpu.read::<f32>(y), [13.0; 4]);
        assert_eq!((cuGraphExecDestroy(run), cuGraphDestroy(graph)), (OK, OK));
    }
}

#[test]
fn calls_that_spoil_a_capture() {
    let Some(gpu) = gpu() else { return };
    let (mut graph, mut address) = (null_mut(), 0);
    // SAFETY: handles are those that the driver gave.
    unsafe {
        let global = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_GLOBAL;
        assert_eq!(cuStreamBeginCapture_v2(gpu.stream, global), OK);
        assert_eq!(cuStreamSynchronize(gpu.stream), CUresult::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        assert_eq!(cuStreamEndCapture(gpu.stream, &mut graph), CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        assert_eq!(cuStreamBeginCapture_v2(gpu.stream, global), OK);
        assert_eq!(cuMemAlloc_v2(&mut address, 4), CUresult::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        assert_eq!(cuStreamEndCapture(gpu.stream, &mut graph), CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        assert_eq!(gpu.wait(), OK);
    }
}

#[test]
fn a_capture_takes_what_other_threads_send() {
    let Some(gpu) = gpu() else { return };
    let (x, mut graph, mut run) = (gpu.upload(&[1f32; 4]), null_mut(), null_mut());
    // Even where every thread may call everything, as dl records its graphs.
    let relaxed = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED;
    // SAFETY: handles are those that the driver gave; addresses of handles are numbers for the other thread.
    unsafe {
        let mut context = null_mut();
        assert_eq!(cuCtxGetCurrent(&mut context), OK);
        assert_eq!(cuStreamBeginCapture_v2(gpu.stream, relaxed), OK);
        let (context, stream) = (context as usize, gpu.stream as usize);
        let other = std::thread::spawn(move || {
            assert_eq!(cuCtxSetCurrent(context as CUcontext), OK);
            assert_eq!(cuMemsetD32Async(x.address, 0, 4, stream as CUstream), OK);
        });
        other.join().unwrap();
        assert_eq!(cuStreamEndCapture(gpu.stream, &mut graph), OK);
        assert_eq!(gpu.read::<f32>(x), [1.0; 4], "captured work does not run");
        assert_eq!(cuGraphInstantiateWithFlags(&mut run, graph, 0), OK);
        assert_eq!(cuGraphLaunch(run, gpu.stream), OK);
        assert_eq!(gpu.read::<f32>(x), [0.0; 4]);
        // It is replayed when the memory is gone.
        assert_eq!(cuMemFree_v2(x.address), OK);
        assert_eq!(cuGraphLaunch(run, gpu.stream), OK);
        assert_eq!(gpu.wait(), CUresult::CUDA_ERROR_ILLEGAL_ADDRESS);
        assert_eq!((cuGraphExecDestroy(run), cuGraphDestroy(graph)), (OK, OK));
    }
    let text = dl_emulation::last_mistake().unwrap();
    assert!(text.contains("a memset is no memory of the device"), "{text:?}");
}
