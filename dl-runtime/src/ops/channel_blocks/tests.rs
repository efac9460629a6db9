//! Checks the order of the numbers in blocks, and that a conversion back restores an image.

use super::{BLOCK, ChannelBlocks, ChannelBlocksOp};
use crate::Context;
use crate::testing::{TestDevice, numbers, on_every_device};

/// Converts images to blocks on the CPU, where a device has them, and back on every device.
fn case<const C: usize, const H: usize, const W: usize>(samples: usize) {
    type Planar<const C: usize, const H: usize, const W: usize> = [[[f32; W]; H]; C];
    let x = numbers(1, samples * C * H * W);
    let back = on_every_device!(|device| {
        let (context, x) = (Context::new(device, 0), device.tensor(&x));
        let (mut blocks, mut y) = (device.output(x.len()), device.output(x.len()));
        let marked = blocks.view_mut::<ChannelBlocks<Planar<C, H, W>>>();
        ChannelBlocksOp.forward(&context, x.view::<Planar<C, H, W>>(), marked);
        let marked = blocks.view::<ChannelBlocks<Planar<C, H, W>>>();
        ChannelBlocksOp.forward(&context, marked, y.view_mut::<Planar<C, H, W>>());
        y.read()
    });
    assert_eq!(back, x);
    let cpu = crate::Cpu::with_threads(2);
    let (context, mut blocks) = (Context::new(&cpu, 0), cpu.output(x.len()));
    let marked = blocks.view_mut::<ChannelBlocks<Planar<C, H, W>>>();
    ChannelBlocksOp.forward(&context, cpu.tensor(&x).view::<Planar<C, H, W>>(), marked);
    let blocks = blocks.read();
    for (at, x) in x.iter().enumerate() {
        let (plane, pixel) = (at / (H * W), at % (H * W));
        assert_eq!(
            blocks[(plane / BLOCK * H * W + pixel) * BLOCK + plane % BLOCK],
            *x,
            "number {at} of [{C}, {H}, {W}]"
        );
    }
}

#[test]
fn order_and_back() {
    case::<8, 1, 1>(1);
    case::<8, 3, 5>(2);
    case::<24, 4, 4>(1);
    case::<16, 9, 7>(3);
    case::<64, 17, 16>(2);
}
