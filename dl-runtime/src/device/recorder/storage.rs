//! The memory of the recording device, which has none.

use super::{Content, Place, Recorder};
use crate::tensor::{Element, Storage, sealed};
use crate::{Error, Result};
use std::ops::Range;

impl sealed::Device for Recorder {}

impl Storage for Recorder {
    type Buffer<E: Element> = Place;
    type Ref<'a, E: Element> = Place;
    type Mut<'a, E: Element> = Place;
    type Readback<E: Element> = Vec<E>;
    type Prepared = ();

    fn empty<E: Element>(&self) -> Place {
        self.graph().places.buffer(0)
    }
    fn zeros<E: Element>(&self, len: usize) -> Result<Place> {
        Ok(self.graph().places.buffer(len))
    }
    fn whole<E: Element>(buffer: &Place) -> Place {
        *buffer
    }
    fn whole_mut<E: Element>(buffer: &mut Place) -> Place {
        *buffer
    }
    fn len<E: Element>(data: Place) -> usize {
        data.len
    }
    fn address<E: Element>(data: Place) -> usize {
        (data.buffer << 32) + data.start * size_of::<E>()
    }
    fn slice<E: Element>(data: Self::Ref<'_, E>, range: Range<usize>) -> Self::Ref<'_, E> {
        data.part(range)
    }
    fn split_mut<E: Element>(data: Self::Mut<'_, E>, at: usize) -> (Self::Mut<'_, E>, Self::Mut<'_, E>) {
        (data.part(0..at), data.part(at..data.len))
    }
    fn share<'a, E: Element>(data: &'a Self::Mut<'_, E>) -> Self::Ref<'a, E> {
        *data
    }
    fn reborrow<'a, E: Element>(data: &'a mut Self::Mut<'_, E>) -> Self::Mut<'a, E> {
        *data
    }
    fn shorten<'short, 'long: 'short, E: Element>(data: Place) -> Place {
        data
    }
    fn reinterpret<A: Element, B: Element>(data: Self::Ref<'_, A>) -> Self::Ref<'_, B> {
        data
    }
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B> {
        data
    }
    fn upload_with<E: Element>(&self, _: Place, _: impl FnOnce(&mut [E])) -> Result<()> {
        self.not_recorded("upload");
        Ok(())
    }
    fn upload<E: Element>(&self, _: &[E], _: Place) -> Result<()> {
        self.not_recorded("upload");
        Ok(())
    }
    fn download<E: Element>(&self, _: Place, _: &mut [E]) -> Result<()> {
        self.not_recorded("download");
        Ok(())
    }
    fn runs_by_hand(&self, name: &'static str, weights: Place) -> bool {
        self.record(|graph| {
            let tensors = graph.tensors_in(weights);
            let field = tensors.first().and_then(|tensor| tensor.name.rsplit_once('.'));
            let layer = field.map_or(name.to_owned(), |(field, _)| field.to_owned());
            Err(graph.cannot(
                &layer,
                format!("the layer `{name}` is written by hand, and ONNX knows only its own operators"),
            ))
        });
        false
    }
    fn fail(&self, error: Error) {
        self.record(|_| Err(error));
    }
    fn readback<E: Element>(&self, _: usize) -> Result<Vec<E>> {
        Ok(Vec::new())
    }
    fn download_async<E: Element>(&self, _: Place, _: &mut Vec<E>) -> Result<()> {
        self.not_recorded("download");
        Ok(())
    }
    fn wait<'r, E: Element>(&self, readback: &'r Vec<E>) -> Result<&'r [E]> {
        Ok(readback)
    }
    fn copy<E: Element>(&self, from: Place, to: Place) {
        self.record(|graph| {
            let content = graph.settled(from)?;
            graph.places.write(to, content);
            Ok(())
        });
    }
    fn clear<E: Element>(&self, data: Place) {
        self.record(|graph| {
            graph.places.write(data, Content::Zeros);
            Ok(())
        });
    }
    fn with_scratch<R>(&self, floats: usize, body: impl FnOnce(Place) -> R) -> R {
        let scratch = self.graph().places.buffer(floats);
        body(scratch)
    }
}
