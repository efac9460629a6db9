//! Writes a training to event files of TensorBoard, epoch by epoch.

use super::Epoch;
use super::history::Scores;
use crate::plot::Histograms;
use crate::tensor::pod::zeroed_box;
use crate::tensorboard::EventFile;
use crate::{Device, Model, Passes, Result, Training};
use std::collections::HashSet;
use std::path::Path;

/// The event files of a training. As Keras has them, those of the training set and of the validation set are in two folders, so that
/// TensorBoard draws the two curves of a number in one chart.
pub(super) struct Board<M> {
    train: EventFile,
    validation: Option<EventFile>,
    gradients: Box<M>,
}

impl<M: Passes> Board<M> {
    pub fn create(folder: &Path, validation: bool) -> Result<Self> {
        let mut train = EventFile::create(folder.join("train"))?;
        let validation = if validation { Some(EventFile::create(folder.join("validation"))?) } else { None };
        // Indented lines are a block of code in Markdown.
        let summary: String = M::summary().to_string().lines().map(|line| format!("    {line}\n")).collect();
        train.text("model", 0, &summary)?;
        Ok(Board { train, validation, gradients: zeroed_box() })
    }
    /// Writes the numbers of an epoch, whose last gradients `training` still has.
    pub fn write<D: Device>(
        &mut self,
        row: &Epoch,
        metrics: &[String],
        net: &M,
        training: &Training<M, D>,
    ) -> Result<()> {
        let step = row.steps;
        let write = |events: &mut EventFile, scores: &Scores| {
            events.scalar("loss", step, scores.loss as f32)?;
            let mut metrics = metrics.iter().zip(&scores.metrics);
            metrics.try_for_each(|(name, value)| events.scalar(name, step, *value as f32))
        };
        write(&mut self.train, &row.train)?;
        if let (Some(events), Some(scores)) = (&mut self.validation, &row.validation) {
            write(events, scores)?;
            events.flush()?;
        }
        self.train.scalar("learning rate", step, row.learning_rate as f32)?;
        self.train.scalar("samples per second", step, row.samples_per_second as f32)?;
        training.gradients(&mut self.gradients)?;
        let frozen = M::TENSORS.iter().zip(training.frozen()).filter(|(_, frozen)| *frozen);
        let frozen: HashSet<String> = frozen.map(|(tensor, _)| tensor.name).collect();
        for (of, histograms) in [("weights", Histograms::of(net)), ("gradients", Histograms::of(&*self.gradients))] {
            for (tensor, histogram) in histograms.tensors.iter().filter(|(tensor, _)| !frozen.contains(tensor)) {
                self.train.histogram(&format!("{of}/{tensor}"), step, histogram)?;
            }
        }
        self.train.flush()
    }
}
