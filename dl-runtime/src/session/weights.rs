//! The weights of a [`Session`](super::Session): its own copy, or the memory of a network that many sessions share.

use crate::network::Passes;
use crate::ops::Device;
use crate::tensor::pod::flat;
use crate::{Result, View, ViewMut};
use std::ops::Deref;
use std::slice::from_ref;
use std::sync::Arc;

/// A network that many sessions, and so many threads, use at once: in an [`Arc`], or in the program for as long as it runs.
///
/// It is made from an `Arc<M>`, a `Box<M>` (such as `LeNet::load` returns), or a `&'static M` (such as
/// [`include_model!`](crate::include_model!)), never by copying the weights. Clones are the same network.
pub struct Shared<M: 'static>(Holder<M>);

enum Holder<M: 'static> {
    Arc(Arc<M>),
    #[expect(clippy::redundant_allocation, reason = "making an `Arc<M>` of a `Box<M>` copies the weights")]
    Boxed(Arc<Box<M>>),
    Static(&'static M),
}

impl<M> Shared<M> {
    /// Returns whether both are the same network in memory, and not only of equal weights.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        std::ptr::eq(&**self, &**other)
    }
}

impl<M> Deref for Shared<M> {
    type Target = M;
    fn deref(&self) -> &M {
        match &self.0 {
            Holder::Arc(net) => net,
            Holder::Boxed(net) => net,
            Holder::Static(net) => net,
        }
    }
}

impl<M> Clone for Shared<M> {
    fn clone(&self) -> Self {
        Shared(match &self.0 {
            Holder::Arc(net) => Holder::Arc(net.clone()),
            Holder::Boxed(net) => Holder::Boxed(net.clone()),
            Holder::Static(net) => Holder::Static(net),
        })
    }
}

impl<M> std::fmt::Debug for Shared<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<M> From<Arc<M>> for Shared<M> {
    fn from(net: Arc<M>) -> Self {
        Shared(Holder::Arc(net))
    }
}
impl<M> From<Box<M>> for Shared<M> {
    fn from(net: Box<M>) -> Self {
        Shared(Holder::Boxed(Arc::new(net)))
    }
}
impl<M> From<&'static M> for Shared<M> {
    fn from(net: &'static M) -> Self {
        Shared(Holder::Static(net))
    }
}

/// The weights of a session.
pub(super) enum Weights<M: Passes, D: Device> {
    /// In memory of the host that the device reads.
    OnHost(Shared<M>),
    /// In memory of the device, which clones of the session share.
    OnDevice(Arc<D::Buffer<f32>>),
}

impl<M: Passes, D: Device> Weights<M, D> {
    pub fn copied(device: &D, net: &M) -> Result<Self> {
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(from_ref(net)), D::whole_mut(&mut weights))?;
        Ok(Weights::OnDevice(Arc::new(weights)))
    }
    /// Copies the weights only if the device has memory of its own.
    pub fn shared(device: &D, net: Shared<M>) -> Result<Self> {
        match D::from_host::<f32>(&[]) {
            Some(_) => Ok(Weights::OnHost(net)),
            None => Self::copied(device, &net),
        }
    }
    /// Replaces the weights by a copy of others, in the same memory if no other session has it.
    pub fn reload(&mut self, device: &D, net: &M) -> Result<()> {
        if let Weights::OnDevice(weights) = self
            && let Some(weights) = Arc::get_mut(weights)
        {
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
            Weights::OnDevice(weights) => View::new(D::whole(weights), 1),
        }
    }
    /// Views the weights for writing, after copying them if another session could see it.
    pub fn view_mut(&mut self, device: &D) -> Result<ViewMut<'_, D, M>> {
        let own = matches!(self, Weights::OnDevice(weights) if Arc::strong_count(weights) == 1);
        if !own {
            let mut copy = device.zeros(M::LEN)?;
            device.copy(self.view().data(), D::whole_mut(&mut copy));
            *self = Weights::OnDevice(Arc::new(copy));
        }
        match self {
            Weights::OnDevice(weights) => match Arc::get_mut(weights) {
                Some(weights) => Ok(ViewMut::new(D::whole_mut(weights), 1)),
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
mod tests {
    use super::*;
    use crate::tensor::Storage;
    use crate::{Cpu, Model};

    crate::layer! {
        struct Net {
            factor: [f32; 4] as Scale,
        }
    }

    impl crate::Layer for Net {
        type Input = [f32; 4];
        type Output = [f32; 4];

        fn init(&mut self, _: &mut crate::init::Rng) {}
        fn forward(&self, _: &[[f32; 4]], _: &mut [[f32; 4]]) {}
        fn backward(&self, _: &[[f32; 4]], _: &[[f32; 4]], _: &[[f32; 4]], _: &mut Self, _: &mut [[f32; 4]]) {}
    }

    #[test]
    fn sessions_read_the_memory_of_the_network() {
        let net = Shared::<Net>::from(Net::init(0));
        let address = |weights: &Weights<Net, Cpu>| Cpu::address(weights.view().data());
        let shared = Weights::shared(&Cpu::with_threads(1), net.clone()).unwrap();
        assert_eq!(address(&shared), (&raw const *net).addr());
        assert_eq!(address(&shared.clone()), address(&shared));
        let mut copied = Weights::<Net, Cpu>::copied(&Cpu::with_threads(1), &net).unwrap();
        let (first, other) = (address(&copied), copied.clone());
        assert_ne!(first, address(&shared));
        copied.reload(&Cpu::with_threads(1), &net).unwrap();
        assert_ne!(address(&copied), first, "another session has the memory");
        drop(other);
        let first = address(&copied);
        copied.reload(&Cpu::with_threads(1), &net).unwrap();
        copied.view_mut(&Cpu::with_threads(1)).unwrap();
        assert_eq!(address(&copied), first, "nothing else has it");
    }
}
