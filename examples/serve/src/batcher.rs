//! Batches of requests that arrive together: a bounded queue, and threads that each predict with a session of the shared weights.

use crate::model::{Current, Image, LeNet, Scores};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use dl::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The limits by which requests become batches.
#[derive(Clone, Copy, Debug)]
pub struct Batching {
    /// The threads that predict.
    pub workers: usize,
    /// The most images of a batch, and of a request.
    pub max_batch: usize,
    /// How long a batch that is not full waits for requests that are on their way.
    pub max_wait: Duration,
    /// The most requests that wait for a thread; more are refused.
    pub queue: usize,
}

/// A request that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The queue is full.
    #[error("too many requests are waiting; try again later")]
    Busy,
    /// The threads have ended.
    #[error("the server is ending")]
    Ending,
    /// The network refused the inputs.
    #[error(transparent)]
    Inputs(#[from] dl::Error),
}

/// A request between its first byte and its batch. A batch waits for others only while there are such.
pub struct Arriving(Arc<AtomicUsize>);

impl Drop for Arriving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

struct Job {
    images: Vec<Image>,
    reply: oneshot::Sender<dl::Result<Vec<Scores>>>,
    arriving: Arriving,
}

/// The queue, and the threads behind it. They end once it is dropped and all jobs are done.
pub struct Batcher {
    jobs: Sender<Job>,
    arriving: Arc<AtomicUsize>,
}

impl Batcher {
    /// Starts the threads.
    ///
    /// # Errors
    /// A session cannot be made, for want of memory.
    pub fn start(current: &Arc<Current>, batching: Batching) -> dl::Result<(Self, Vec<JoinHandle<()>>)> {
        let (batcher, receiver) = Self::queue(batching);
        let work = |_| {
            let session = Session::sharing(Cpu::with_threads(1), current.net(), batching.max_batch)?;
            let worker = Worker {
                session,
                current: current.clone(),
                jobs: receiver.clone(),
                arriving: batcher.arriving.clone(),
                batching,
            };
            Ok(std::thread::spawn(move || worker.run()))
        };
        let workers = (0..batching.workers).map(work).collect::<dl::Result<_>>()?;
        Ok((batcher, workers))
    }
    fn queue(batching: Batching) -> (Self, Receiver<Job>) {
        let (jobs, receiver) = crossbeam_channel::bounded(batching.queue);
        (Batcher { jobs, arriving: Arc::default() }, receiver)
    }
    /// Counts a request whose first bytes are here.
    pub fn arriving(&self) -> Arriving {
        self.arriving.fetch_add(1, Relaxed);
        Arriving(self.arriving.clone())
    }
    /// Predicts the images of a request, all with the same weights.
    ///
    /// # Errors
    /// The queue is full, or the network refuses an image.
    pub async fn predict(&self, images: Vec<Image>, arriving: Arriving) -> Result<Vec<Scores>, Refused> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { images, reply, arriving }).map_err(|error| match error {
            TrySendError::Full(_) => Refused::Busy,
            TrySendError::Disconnected(_) => Refused::Ending,
        })?;
        Ok(answer.await.map_err(|_| Refused::Ending)??)
    }
}

struct Worker {
    session: Session<LeNet>,
    current: Arc<Current>,
    jobs: Receiver<Job>,
    arriving: Arc<AtomicUsize>,
    batching: Batching,
}

/// The inputs and outputs of one prediction.
#[derive(Default)]
struct Batch {
    images: Vec<Image>,
    replies: Vec<(usize, oneshot::Sender<dl::Result<Vec<Scores>>>)>,
}

impl Batch {
    fn take(&mut self, job: Job) {
        drop(job.arriving);
        self.replies.push((job.images.len(), job.reply));
        self.images.extend(job.images);
    }
}

impl Worker {
    fn run(mut self) {
        let (mut batch, mut scores, mut next) = (Batch::default(), Vec::new(), None);
        while let Some(first) = next.take().or_else(|| self.jobs.recv().ok()) {
            batch.take(first);
            next = self.fill(&mut batch);
            scores.resize(batch.images.len(), [0.0; 10]);
            // All images of a batch have the same weights, whenever they are exchanged.
            let done = self.session.share(self.current.net());
            let done = done.and_then(|()| self.session.predict_into(&batch.images, &mut scores));
            let mut from = 0;
            for (images, reply) in batch.replies.drain(..) {
                let range = from..from + images;
                from = range.end;
                let answer = match &done {
                    Ok(()) => Ok(scores[range].to_vec()),
                    // The input of one request is not the fault of the others.
                    Err(_) => self.alone(&batch.images[range]),
                };
                // Who does not wait any more does not get an answer.
                let _ = reply.send(answer);
            }
            batch.images.clear();
        }
    }
    /// Adds jobs until the batch is full, or none is on its way, or it has waited enough. Returns a job that has no place.
    fn fill(&self, batch: &mut Batch) -> Option<Job> {
        let until = Instant::now() + self.batching.max_wait;
        while batch.images.len() < self.batching.max_batch {
            let job = match self.jobs.try_recv() {
                Ok(job) => job,
                Err(_) if self.arriving.load(Relaxed) == 0 => return None,
                Err(_) => self.jobs.recv_deadline(until).ok()?,
            };
            if batch.images.len() + job.images.len() > self.batching.max_batch {
                return Some(job);
            }
            batch.take(job);
        }
        None
    }
    fn alone(&mut self, images: &[Image]) -> dl::Result<Vec<Scores>> {
        let mut scores = vec![[0.0; 10]; images.len()];
        self.session.predict_into(images, &mut scores)?;
        Ok(scores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_and_keeps_nothing() {
        let batching = Batching { workers: 0, max_batch: 4, max_wait: Duration::ZERO, queue: 1 };
        let (batcher, receiver) = Batcher::queue(batching);
        let image = || vec![[[[0.0; 8]; 8]; 1]];
        let first = batcher.predict(image(), batcher.arriving());
        let second = batcher.predict(image(), batcher.arriving());
        let (first, second) =
            tokio::join!(async { tokio::time::timeout(Duration::from_millis(20), first).await.map(drop) }, second,);
        assert!(first.is_err(), "no thread answers it");
        assert!(matches!(second, Err(Refused::Busy)), "{second:?}");
        drop(receiver.recv());
        assert_eq!(batcher.arriving.load(Relaxed), 0);
        drop(receiver);
        assert!(matches!(batcher.predict(image(), batcher.arriving()).await, Err(Refused::Ending)));
    }
}
