//! Views: device memory with the type of what lies there, so that shapes are checked by rustc.

use super::{Context, Element, Pod, Storage};

/// `len` values of `T` on device `D`, to read: a batch of samples, or (with `len` 1) the weights of a layer.
pub struct View<'a, D: Storage, T: Pod> {
    data: D::Ref<'a, T::Element>,
    len: usize,
}

impl<D: Storage, T: Pod> Clone for View<'_, D, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage, T: Pod> Copy for View<'_, D, T> {}

impl<'a, D: Storage, T: Pod> View<'a, D, T> {
    /// The first `len` values of `data`.
    pub fn new(data: D::Ref<'a, T::Element>, len: usize) -> Self {
        View { data: D::slice(data, 0..len * T::LEN), len }
    }
    /// The same values for a shorter time.
    pub fn shorten<'short>(self) -> View<'short, D, T>
    where
        'a: 'short,
    {
        View { data: D::shorten(self.data), len: self.len }
    }
    /// Number of values: the batch size.
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(self) -> usize {
        self.len
    }
    /// The elements, without their shape.
    pub fn data(self) -> D::Ref<'a, T::Element> {
        self.data
    }
    /// The same elements under another shape of equal size.
    pub fn cast<U: Pod<Element = T::Element>>(self) -> View<'a, D, U> {
        const { assert!(T::LEN == U::LEN, "cast between shapes of different sizes") };
        View { data: self.data, len: self.len }
    }
    /// [`View::cast`] where [`Passes::CHECKED`](crate::Passes::CHECKED) compares the sizes: rustc says a mistake there alone.
    #[doc(hidden)]
    pub fn cast_checked_apart<U: Pod<Element = T::Element>>(self) -> View<'a, D, U> {
        // Of two constants: nothing is left of it in a program that builds.
        assert!(T::LEN == U::LEN, "cast between shapes of different sizes");
        View { data: self.data, len: self.len }
    }
    /// The values of a struct of several inputs or outputs one after another, in the order of its fields.
    pub fn parts(self) -> Parts<'a, D, T::Element> {
        Parts { rest: self.data, len: self.len }
    }
    /// The field of type `U` that begins `offset` bytes into the value (`offset_of!`).
    pub fn field<U: Pod<Element = T::Element>>(self, offset: usize) -> View<'a, D, U> {
        let start = offset / size_of::<T::Element>();
        View { data: D::slice(self.data, start..start + U::LEN), len: 1 }
    }
    /// [`View::field`] with the type of the field that `_access` names.
    #[doc(hidden)]
    pub fn field_of<U: Pod<Element = T::Element>>(self, offset: usize, _access: fn(&T) -> &U) -> View<'a, D, U> {
        self.field(offset)
    }
}

/// `len` values of `T` on device `D`, to write.
pub struct ViewMut<'a, D: Storage, T: Pod> {
    data: D::Mut<'a, T::Element>,
    len: usize,
}

impl<'a, D: Storage, T: Pod> ViewMut<'a, D, T> {
    /// The first `len` values of `data`.
    pub fn new(data: D::Mut<'a, T::Element>, len: usize) -> Self {
        ViewMut { data: D::split_mut(data, len * T::LEN).0, len }
    }
    /// Number of values: the batch size.
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }
    /// The elements, without their shape.
    pub fn into_data(self) -> D::Mut<'a, T::Element> {
        self.data
    }
    /// The same values, to read for a while.
    pub fn view(&self) -> View<'_, D, T> {
        View { data: D::share(&self.data), len: self.len }
    }
    /// The same values, to write for a while.
    pub fn reborrow(&mut self) -> ViewMut<'_, D, T> {
        ViewMut { data: D::reborrow(&mut self.data), len: self.len }
    }
    /// The same elements under another shape of equal size.
    pub fn cast<U: Pod<Element = T::Element>>(self) -> ViewMut<'a, D, U> {
        const { assert!(T::LEN == U::LEN, "cast between shapes of different sizes") };
        ViewMut { data: self.data, len: self.len }
    }
    /// [`ViewMut::cast`] where [`Passes::CHECKED`](crate::Passes::CHECKED) compares the sizes: rustc says a mistake there alone.
    #[doc(hidden)]
    pub fn cast_checked_apart<U: Pod<Element = T::Element>>(self) -> ViewMut<'a, D, U> {
        // Of two constants: nothing is left of it in a program that builds.
        assert!(T::LEN == U::LEN, "cast between shapes of different sizes");
        ViewMut { data: self.data, len: self.len }
    }
    /// The values of a struct of several inputs or outputs one after another, in the order of its fields.
    pub fn parts(self) -> PartsMut<'a, D, T::Element> {
        PartsMut { rest: Some(self.data), len: self.len }
    }
    /// Sets every element to zero.
    pub fn clear(self, context: &Context<'_, D>) {
        context.device.clear(self.data);
    }
    /// [`View::field_of`], to read for a while.
    #[doc(hidden)]
    pub fn field_of<U: Pod<Element = T::Element>>(&self, offset: usize, access: fn(&T) -> &U) -> View<'_, D, U> {
        self.view().field_of(offset, access)
    }
    /// The field of type `U` that begins `offset` bytes into the value (`offset_of!`).
    pub fn field_mut<U: Pod<Element = T::Element>>(&mut self, offset: usize) -> ViewMut<'_, D, U> {
        let tail = D::split_mut(D::reborrow(&mut self.data), offset / size_of::<T::Element>()).1;
        ViewMut { data: D::split_mut(tail, U::LEN).0, len: 1 }
    }
    /// [`ViewMut::field_mut`] with the type of the field that `_access` names.
    #[doc(hidden)]
    pub fn field_mut_of<U: Pod<Element = T::Element>>(
        &mut self,
        offset: usize,
        _access: fn(&T) -> &U,
    ) -> ViewMut<'_, D, U> {
        self.field_mut(offset)
    }
}

impl<'a, D: Storage, T: Pod, const N: usize> View<'a, D, [T; N]> {
    /// Item `index` of one array: the weights of one copy in a stack.
    pub fn item(self, index: usize) -> View<'a, D, T> {
        View { data: D::slice(self.data, index * T::LEN..(index + 1) * T::LEN), len: 1 }
    }
}

impl<D: Storage, T: Pod, const N: usize> ViewMut<'_, D, [T; N]> {
    /// Item `index` of one array: the gradients of one copy in a stack, or its weights where a pass changes them.
    pub fn item(&mut self, index: usize) -> ViewMut<'_, D, T> {
        let tail = D::split_mut(D::reborrow(&mut self.data), index * T::LEN).1;
        ViewMut { data: D::split_mut(tail, T::LEN).0, len: 1 }
    }
}

/// What is left of the parts of a batch of structs, to read.
pub struct Parts<'a, D: Storage, E: Element> {
    rest: D::Ref<'a, E>,
    len: usize,
}

impl<'a, D: Storage, E: Element> Parts<'a, D, E> {
    /// The parts of `len` structs.
    pub fn new(data: D::Ref<'a, E>, len: usize) -> Self {
        Parts { rest: data, len }
    }
    /// The next part, of type `T` in each struct.
    pub fn take<T: Pod>(&mut self) -> View<'a, D, T> {
        let (all, mine) = (D::len(self.rest), self.len * T::LEN);
        let part = D::slice(self.rest, 0..mine);
        self.rest = D::slice(self.rest, mine..all);
        View { data: D::reinterpret(part), len: self.len }
    }
}

/// What is left of the parts of a batch of structs, to write.
pub struct PartsMut<'a, D: Storage, E: Element> {
    /// `None` only while a part is taken.
    rest: Option<D::Mut<'a, E>>,
    len: usize,
}

impl<'a, D: Storage, E: Element> PartsMut<'a, D, E> {
    /// The parts of `len` structs.
    pub fn new(data: D::Mut<'a, E>, len: usize) -> Self {
        PartsMut { rest: Some(data), len }
    }
    /// The next part, of type `T` in each struct.
    ///
    /// # Panics
    /// When the parts taken are larger than the structs.
    pub fn take<T: Pod>(&mut self) -> ViewMut<'a, D, T> {
        let rest = self.rest.take().expect("put back below");
        let (part, rest) = D::split_mut(rest, self.len * T::LEN);
        self.rest = Some(rest);
        ViewMut { data: D::reinterpret_mut(part), len: self.len }
    }
}
