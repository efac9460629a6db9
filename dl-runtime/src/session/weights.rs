//! The weights of a [`Session`](super::Session): its own copy, or the memory of a network that many sessions share.

use crate::device::cpu::Prepared;
use crate::network::Passes;
use crate::ops::Device;
use crate::tensor::pod::flat;
use crate::{Result, View, ViewMut};
use std::any::Any;
use std::ops::Deref;
use std::slice::from_ref;
use std::sync::Arc;

/// A network that many sessions, and so many threads, use at once: in an [`Arc`], or in the program for as long as it runs.
///
/// It is made from an `Arc<M>`, a `Box<M>` (such as `LeNet::load` returns), or a `&'static M` (such as
/// [`include_model!`](crate::include_model!)), never by copying the weights. Clones are the same network, with the same copies of weights
/// that kernels prepared (see [`Session`](super::Session)); two that are made of one `Arc<M>` each have their own copies.
pub struct Shared<M: 'static> {
    net: Holder<M>,
    prepared: Prepared,
}

enum Holder<M: 'static> {
    Arc(Arc<M>),
    #[expect(clippy::redundant_allocation, reason = "making an `Arc<M>` of a `Box<M>` copies the weights")]
    Boxed(Arc<Box<M>>),
    Static(&'static M),
}

impl<M> Shared<M> {
    fn new(net: Holder<M>) -> Self {
        Shared { net, prepared: Prepared::default() }
    }
    /// Returns whether both are the same network in memory, and not only of equal weights.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        std::ptr::eq(&**self, &**other)
    }
}

impl<M> Deref for Shared<M> {
    type Target = M;
    fn deref(&self) -> &M {
        match &self.net {
            Holder::Arc(net) => net,
            Holder::Boxed(net) => net,
            Holder::Static(net) => net,
        }
    }
}

impl<M> Clone for Shared<M> {
    fn clone(&self) -> Self {
        let net = match &self.net {
            Holder::Arc(net) => Holder::Arc(net.clone()),
            Holder::Boxed(net) => Holder::Boxed(net.clone()),
            Holder::Static(net) => Holder::Static(*net),
        };
        Shared { net, prepared: self.prepared.clone() }
    }
}

impl<M> std::fmt::Debug for Shared<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<M> From<Arc<M>> for Shared<M> {
    fn from(net: Arc<M>) -> Self {
        Shared::new(Holder::Arc(net))
    }
}
impl<M> From<Box<M>> for Shared<M> {
    fn from(net: Box<M>) -> Self {
        Shared::new(Holder::Boxed(Arc::new(net)))
    }
}
impl<M> From<&'static M> for Shared<M> {
    fn from(net: &'static M) -> Self {
        Shared::new(Holder::Static(net))
    }
}

/// The weights of a session.
pub(super) enum Weights<M: Passes, D: Device> {
    /// In memory of the host that the device reads.
    OnHost(Shared<M>),
    /// In memory of the device, which clones of the session share.
    OnDevice(Arc<OnDevice<D>>),
}

/// Weights in memory of the device, and what kernels keep of them.
pub(super) struct OnDevice<D: Device> {
    weights: D::Buffer<f32>,
    prepared: D::Prepared,
}

/// The weights for a pass of inference, and what kernels keep of them if they stay as they are.
pub(super) struct Reading<'a, M: Passes, D: Device> {
    pub net: View<'a, D, M>,
    pub prepared: Option<&'a D::Prepared>,
}

impl<M: Passes, D: Device> Clone for Reading<'_, M, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M: Passes, D: Device> Copy for Reading<'_, M, D> {}

impl<M: Passes, D: Device> Weights<M, D> {
    pub fn copied(device: &D, net: &M) -> Result<Self> {
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(from_ref(net)), D::whole_mut(&mut weights))?;
        Ok(Self::of(weights))
    }
    fn of(weights: D::Buffer<f32>) -> Self {
        Weights::OnDevice(Arc::new(OnDevice { weights, prepared: D::Prepared::default() }))
    }
    /// Copies the weights only if the device has memory of its own.
    pub fn shared(device: &D, net: Shared<M>) -> Result<Self> {
        match D::from_host::<f32>(&[]) {
            Some(_) => Ok(Weights::OnHost(net)),
            None => Self::copied(device, &net),
        }
    }
    /// Replaces the weights by those of a network that others use too.
    pub fn share(&mut self, device: &D, net: Shared<M>) -> Result<()> {
        // A server does this before every batch, mostly with the network that the session has.
        let same = matches!(self, Weights::OnHost(old) if old.ptr_eq(&net) && net.prepared.len() == 0);
        if !same {
            *self = Self::shared(device, net)?;
        }
        Ok(())
    }
    /// Replaces the weights by a copy of others, in the same memory if no other session has it.
    pub fn reload(&mut self, device: &D, net: &M) -> Result<()> {
        if let Weights::OnDevice(weights) = self
            && let Some(OnDevice { weights, prepared }) = Arc::get_mut(weights)
        {
            *prepared = D::Prepared::default();
            return device.upload(flat(from_ref(net)), D::whole_mut(weights));
        }
        *self = Self::copied(device, net)?;
        Ok(())
    }
    pub fn view(&self) -> View<'_, D, M> {
        match self {
            Weights::OnHost(net) => {
                let Some(weights) = D::from_host(flat(from_ref(&**net))) else {
                    unreachable!("only a device that reads the host's memory has weights there")
                };
                View::new(weights, 1)
            }
            Weights::OnDevice(on) => View::new(D::whole(&on.weights), 1),
        }
    }
    /// Returns the weights for a pass that only reads them.
    pub fn read(&self) -> Reading<'_, M, D> {
        let prepared = match self {
            // Only the CPU reads weights of the host.
            Weights::OnHost(net) => (&net.prepared as &dyn Any).downcast_ref(),
            Weights::OnDevice(on) => Some(&on.prepared),
        };
        Reading { net: self.view(), prepared }
    }
    /// Views the weights for writing, after copying them if another session could see it. What kernels kept of them is forgotten.
    pub fn view_mut(&mut self, device: &D) -> Result<ViewMut<'_, D, M>> {
        let own = matches!(self, Weights::OnDevice(weights) if Arc::strong_count(weights) == 1);
        if !own {
            let mut copy = device.zeros(M::LEN)?;
            device.copy(self.view().data(), D::whole_mut(&mut copy));
            *self = Self::of(copy);
        }
        match self {
            Weights::OnDevice(weights) => match Arc::get_mut(weights) {
                Some(OnDevice { weights, prepared }) => {
                    *prepared = D::Prepared::default();
                    Ok(ViewMut::new(D::whole_mut(weights), 1))
                }
                None => unreachable!("nothing else has this memory, and it gives out no weak pointers"),
            },
            Weights::OnHost(_) => unreachable!("they were copied"),
        }
    }
}

impl<M: Passes, D: Device> Clone for Weights<M, D> {
    fn clone(&self) -> Self {
        match self {
            Weights::OnHost(net) => Weights::OnHost(net.clone()),
            Weights::OnDevice(weights) => Weights::OnDevice(weights.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
