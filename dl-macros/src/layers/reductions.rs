//! `sum`, `mean` and `max` reduce the dimensions that `axis` names, or all.

use super::*;
use crate::check;
use quote::quote;

/// A reduction.
pub struct Reduction {
    name: &'static str,
    kind: ReductionKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReductionKind {
    Sum,
    Mean,
    Max,
}

pub static SUM: Reduction = Reduction { name: "sum", kind: ReductionKind::Sum };
pub static MEAN: Reduction = Reduction { name: "mean", kind: ReductionKind::Mean };
pub static MAX: Reduction = Reduction { name: "max", kind: ReductionKind::Max };

impl Layer for Reduction {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let line = match self.kind {
            ReductionKind::Sum => "sums over some dimensions (`axis: 0`, `axis: [1, 2]`), or over all",
            ReductionKind::Mean => "takes the mean over some dimensions, or over all",
            ReductionKind::Max => "takes the maximum over some dimensions, or over all",
        };
        Doc::new(Chapter::Shape, "any → without the reduced dimensions; with `keep: true` they stay, with size 1", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::named("axis", Kind::Axes, Default::ByLayer, "dimensions that are reduced, all by default"),
                Parameter::named(
                    "keep",
                    Kind::Flag,
                    Default::Flag(false),
                    "whether the reduced dimensions stay, with size 1 (`keepdim`)",
                ),
            ]
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        if input.length.is_some() && call.axes("axis") == Some(&[0]) {
            return self.over_time(call);
        }
        if input.length.is_some() && call.axes("axis").is_none() {
            let text = format!(
                "`{}` of a sequence wants an axis: `axis: 0` is its length, `axis: -1` the features",
                self.name
            );
            call.diagnostics.error(call.span, text);
            return None;
        }
        check::rank_is_supported(call, &input)?;
        let axes = check::axes(call, "axis", &input)?;
        let reduced = |(axis, dim): (usize, &Dim)| if axes.contains(&axis) { Dim::Known(1) } else { dim.clone() };
        let kept: Vec<Dim> = input.dims.iter().enumerate().map(reduced).collect();
        let (from, to) = (list(&input.dims), list(&kept));
        let shapes = quote!(shapes: dl::ops::reduce::Shapes { from: #from, to: #to },);
        let (config, backward_reads) = match self.kind {
            ReductionKind::Sum | ReductionKind::Mean => {
                let many = Dim::product(axes.iter().map(|axis| &input.dims[*axis]));
                let scale = if self.kind == ReductionKind::Mean { quote!(1.0 / #many as f32) } else { quote!(1.0) };
                let fields = quote!(#shapes scale: #scale,);
                (Config::settings(quote!(dl::ops::reduce::Sum), fields), BackwardReads::NOTHING)
            }
            ReductionKind::Max => {
                (Config::settings(quote!(dl::ops::reduce::Max), shapes), BackwardReads { inputs: true, output: true })
            }
        };
        let stays = |axis: &usize| call.flag("keep") || !axes.contains(axis);
        let output: Vec<Dim> = (0..kept.len()).filter(stays).map(|axis| kept[axis].clone()).collect();
        Some(Built::new(Shape::of(output), Op::new(config, backward_reads)))
    }
}

impl Reduction {
    /// Reduces the rows of a sequence of run-time length to one.
    fn over_time(&self, call: &Call) -> Option<Built> {
        let features = check::time(call, 0)?.features;
        let linear = |function| Op::new(Config::Expr(function), BackwardReads::NOTHING);
        let op = match self.kind {
            ReductionKind::Sum => linear(quote!(dl::ops::over_time::OverTime::Sum)),
            ReductionKind::Mean => linear(quote!(dl::ops::over_time::OverTime::Mean)),
            ReductionKind::Max => {
                let config = Config::settings(quote!(dl::ops::over_time::MaxOverTimeOp), quote!());
                Op::new(config, BackwardReads { inputs: true, output: true })
            }
        };
        if call.flag("keep") {
            let message = "the rows of a sequence become one, and there is no dimension to keep";
            call.diagnostics.error(call.at("keep"), message);
            return None;
        }
        Some(Built::new(Shape::of([features]), op.along_time_of([0])))
    }
}
