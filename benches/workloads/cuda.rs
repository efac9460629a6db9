//! T1, T2, T3 and a large MLP on a GPU: steps of a loop that waits for nothing, fed by the host or with a batch that stays
//! on the GPU.
//!
//! The emulation of `tests/crates/emulation` will do for `--kernels` and `--quick`: `LD_LIBRARY_PATH` says where it is.

use crate::measure::{Asked, Report, groups};
use crate::networks::{LeNet, Mlp, ResNet20, sample};
use dl::loss::{CrossEntropy, Loss};
use dl::optim::{Adam, Optimizer, Sgd};
use dl::prelude::*;
use dl::{Cuda, Pod};
use std::time::Instant;

model! {
    /// Four dense layers as wide as what goes in.
    pub Wide<const N: usize>(x: [N]) -> [N] {
        x -> dense(N) -> relu -> dense(N) -> relu -> dense(N) -> relu -> dense(N)
    }
}

/// Batches that a loop takes in turn.
const BATCHES: usize = 4;

/// Measures what is wanted.
pub fn run(report: &Report, asked: &Asked) -> dl::Result<()> {
    let start = Instant::now();
    let device = Cuda::new(0)?.precision(asked.precision.parse()?).cudnn(!asked.own);
    device.load_kernels()?;
    report.gpu(device.name(), start.elapsed());
    let (adam, momentum) = (Adam::new(1e-3), Sgd::new(0.1).momentum(0.9));
    // What is emulated need not be large.
    let batch = |samples| if asked.quick { 4 } else { samples };
    training::<Mlp, _>(report, asked, &device, "T1_b64", batch(64), &adam)?;
    training::<Mlp, _>(report, asked, &device, "T1_b256", batch(256), &adam)?;
    training::<LeNet, _>(report, asked, &device, "T2", batch(64), &adam)?;
    training::<ResNet20, _>(report, asked, &device, "T3", batch(32), &momentum)?;
    let (work, sgd) = ("MLP_4096", Sgd::new(1e-3));
    match asked.quick {
        true => training::<Wide<64>, _>(report, asked, &device, work, 64, &sgd)?,
        false => training::<Wide<4096>, _>(report, asked, &device, work, 4096, &sgd)?,
    }
    // Last, since cuDNN is loaded at the first convolution.
    report.libraries();
    device.remarks().iter().for_each(|remark| eprintln!("{remark}"));
    Ok(())
}

/// Forward, loss, backward and the optimizer.
fn training<M, O>(
    report: &Report,
    asked: &Asked,
    device: &Cuda,
    work: &str,
    batch: usize,
    optimizer: &O,
) -> dl::Result<()>
where
    M: Model<Input: Pod<Element = f32>>,
    M::Output: Pod<Element = f32> + dl::Pack<Row = M::Output, Like<u32> = u32>,
    O: Optimizer,
    CrossEntropy: Loss<M::Output, Target = u32>,
{
    if !report.wants(work) {
        return Ok(());
    }
    let inputs = |from: usize| (from..from + batch).map(sample).collect();
    let batches: Vec<Vec<M::Input>> = (0..BATCHES).map(|turn| inputs(turn * batch)).collect();
    let targets: Vec<u32> = (0..batch).map(|i| (i * 7 % M::Output::LEN) as u32).collect();
    let mut training = Training::on(device.clone(), &*M::init(1), batch)?;
    let step = |training: &mut Training<M, Cuda>, inputs: Option<&Vec<M::Input>>| {
        match inputs {
            Some(inputs) => training.forward(inputs)?,
            None => training.forward_again(),
        }
        training.loss_async(&CrossEntropy, &targets)?;
        training.backward();
        training.step(optimizer)
    };

    step(&mut training, batches.first())?;
    // The first optimizer has rounded the weights that products in bf16 read from then on.
    step(&mut training, None)?;
    let pieces = device.last_work();
    if asked.kernels {
        report.pieces(work, &pieces);
        // Nobody waits for the GPU, so that the emulation, which is lazy, need not do the work.
        std::mem::forget((training, device.clone()));
        return Ok(());
    }
    for (feed, batches) in [("host", &batches[..]), ("gpu", &[])] {
        let mut turn = 0;
        let time = groups(asked, |steps| {
            for _ in 0..steps {
                turn = (turn + 1) % BATCHES;
                step(&mut training, batches.get(turn))?;
            }
            training.wait().map(drop)
        })?;
        report.steps(work, &asked.precision, feed, pieces.len(), time);
    }
    Ok(())
}
