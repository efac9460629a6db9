//! Gradient clipping on CUDA.

use crate::device::cuda::{Cuda, Grid, Mut, kernels};
use crate::ops::optimizer::{ClipKernel, Segments};
use crate::tensor::Storage;

kernels!("clip.cu": clip_squares, clip_factor, clip_scale, clip_value);

impl ClipKernel for Cuda {
    fn clip_norm(&self, segments: &Segments<Cuda>, limit: f64, g: Mut<'_, f32>, finite_check: Mut<'_, u32>) {
        /// Sums that one block then adds.
        const PARTS: usize = 1 << 10;
        let roles = Cuda::whole(&segments.roles);
        let parts = Grid::fours(g.len()).blocks[0].min(PARTS as u32) as usize;
        let (parts, factor) = Cuda::split_mut(self.scratch(2 * parts + 1), 2 * parts);
        let parts = Cuda::reinterpret_mut::<f32, u32>(parts);
        self.launch(&clip_squares, Grid::new(parts.len() / 2, 256), (roles, Cuda::share(&g), &parts));
        self.launch(&clip_factor, Grid::new(1, 256), (limit.to_bits(), Cuda::share(&parts), &factor, finite_check));
        self.launch(&clip_scale, Grid::fours(g.len()), (roles, Cuda::share(&factor), g));
    }
    fn clip_value(&self, segments: &Segments<Cuda>, limit: f32, g: Mut<'_, f32>) {
        self.launch(&clip_value, Grid::fours(g.len()), (limit.abs(), Cuda::whole(&segments.roles), g));
    }
}

#[cfg(test)]
mod twin {
    use super::*;
    use crate::device::{Twin, both};
    use crate::ops::optimizer::FiniteCheck;

    impl ClipKernel for Twin {
        fn clip_norm(&self, segments: &Segments<Twin>, limit: f64, g: &mut [f32], watch: &mut [u32]) {
            // Not by `both!`: the two words of the norm are one number.
            let list = &segments.list;
            let found: Vec<_> = self
                .cuda
                .iter()
                .map(|cuda| {
                    let (mut on_g, mut on_watch) = (cuda.zeros(g.len()).unwrap(), cuda.zeros(watch.len()).unwrap());
                    cuda.upload(g, Cuda::whole_mut(&mut on_g)).unwrap();
                    cuda.upload(watch, Cuda::whole_mut(&mut on_watch)).unwrap();
                    let segments = Segments::on(cuda, list).unwrap();
                    cuda.clip_norm(&segments, limit, Cuda::whole_mut(&mut on_g), Cuda::whole_mut(&mut on_watch));
                    let (mut g, mut watch) = (vec![0.0; g.len()], vec![0; watch.len()]);
                    cuda.download(Cuda::whole(&on_g), &mut g).unwrap();
                    cuda.download(Cuda::whole(&on_watch), &mut watch).unwrap();
                    [Twin::numbers(&g), vec![FiniteCheck::read(&watch).norm()]]
                })
                .collect();
            self.cpu.clip_norm(&Segments::on(&self.cpu, list).unwrap(), limit, g, watch);
            for found in found {
                self.compare("clip_norm", &[Twin::numbers(g), vec![FiniteCheck::read(watch).norm()]], &found);
            }
        }
        fn clip_value(&self, segments: &Segments<Twin>, limit: f32, g: &mut [f32]) {
            both!(self, [], [g], |device| {
                let segments = Segments::on(device, &segments.list).expect("memory");
                device.clip_value(&segments, limit, g)
            });
        }
    }
}
