//! Views are borrowed device memory with the type of the values in it, so that rustc checks their shapes.

use super::{Context, Element, Pod, Storage};

/// A view to read `len` values of `T` on device `D`: a batch of samples, or (with `len` 1) the weights of a layer.
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
    /// Views the first `len` values of `data`.
    pub fn new(data: D::Ref<'a, T::Element>, len: usize) -> Self {
        View { data: D::slice(data, 0..len * T::LEN), len }
    }
    /// Shortens the lifetime of the view.
    pub fn shorten<'short>(self) -> View<'short, D, T>
    where
        'a: 'short,
    {
        View { data: D::shorten(self.data), len: self.len }
    }
    /// Returns the number of values, which is the batch size.
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(self) -> usize {
        self.len
    }
    /// Returns the elements without their shape.
    pub fn data(self) -> D::Ref<'a, T::Element> {
        self.data
    }
    /// Views the same elements as values of another shape of equal size.
    pub fn cast<U: Pod<Element = T::Element>>(self) -> View<'a, D, U> {
        const { assert!(T::LEN == U::LEN, "cast between shapes of different sizes") };
        View { data: self.data, len: self.len }
    }
    /// Casts like [`View::cast`], where [`CHECKED`](crate::Declared::CHECKED) compares the sizes, so that rustc reports a mistake
    /// only there.
    #[doc(hidden)]
    pub fn cast_checked_apart<U: Pod<Element = T::Element>>(self) -> View<'a, D, U> {
        // Both sizes are constants, so that the optimiser removes the check.
        assert!(T::LEN == U::LEN, "cast between shapes of different sizes");
        View { data: self.data, len: self.len }
    }
    /// Splits a batch of structs into parts, which are the fields in order.
    pub fn parts(self) -> Parts<'a, D, T::Element> {
        Parts { rest: self.data, len: self.len }
    }
    /// Views the field of type `U` that begins `offset` bytes into the value (`offset_of!`).
    pub fn field<U: Pod<Element = T::Element>>(self, offset: usize) -> View<'a, D, U> {
        let start = offset / size_of::<T::Element>();
        View { data: D::slice(self.data, start..start + U::LEN), len: 1 }
    }
    /// Views a field as [`View::field`]; `_access` gives its type.
    #[doc(hidden)]
    pub fn field_of<U: Pod<Element = T::Element>>(self, offset: usize, _access: fn(&T) -> &U) -> View<'a, D, U> {
        self.field(offset)
    }
}

/// A view to write `len` values of `T` on device `D`.
pub struct ViewMut<'a, D: Storage, T: Pod> {
    data: D::Mut<'a, T::Element>,
    len: usize,
}

impl<'a, D: Storage, T: Pod> ViewMut<'a, D, T> {
    /// Views the first `len` values of `data`.
    pub fn new(data: D::Mut<'a, T::Element>, len: usize) -> Self {
        ViewMut { data: D::split_mut(data, len * T::LEN).0, len }
    }
    /// Returns the number of values, which is the batch size.
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }
    /// Returns the elements without their shape.
    pub fn into_data(self) -> D::Mut<'a, T::Element> {
        self.data
    }
    /// Borrows the values to read them.
    pub fn view(&self) -> View<'_, D, T> {
        View { data: D::share(&self.data), len: self.len }
    }
    /// Borrows the values for a shorter time.
    pub fn reborrow(&mut self) -> ViewMut<'_, D, T> {
        ViewMut { data: D::reborrow(&mut self.data), len: self.len }
    }
    /// Views the same elements as values of another shape of equal size.
    pub fn cast<U: Pod<Element = T::Element>>(self) -> ViewMut<'a, D, U> {
        const { assert!(T::LEN == U::LEN, "cast between shapes of different sizes") };
        ViewMut { data: self.data, len: self.len }
    }
    /// Casts like [`ViewMut::cast`], where [`CHECKED`](crate::Declared::CHECKED) compares the sizes, so that rustc reports a mistake
    /// only there.
    #[doc(hidden)]
    pub fn cast_checked_apart<U: Pod<Element = T::Element>>(self) -> ViewMut<'a, D, U> {
        // Both sizes are constants, so that the optimiser removes the check.
        assert!(T::LEN == U::LEN, "cast between shapes of different sizes");
        ViewMut { data: self.data, len: self.len }
    }
    /// Splits a batch of structs into parts, which are the fields in order.
    pub fn parts(self) -> PartsMut<'a, D, T::Element> {
        PartsMut { rest: Some(self.data), len: self.len }
    }
    /// Sets every element to zero.
    pub fn clear(self, context: &Context<'_, D>) {
        context.device.clear(self.data);
    }
    /// Views a field to read it, as [`View::field_of`].
    #[doc(hidden)]
    pub fn field_of<U: Pod<Element = T::Element>>(&self, offset: usize, access: fn(&T) -> &U) -> View<'_, D, U> {
        self.view().field_of(offset, access)
    }
    /// Views the field of type `U` that begins `offset` bytes into the value (`offset_of!`).
    pub fn field_mut<U: Pod<Element = T::Element>>(&mut self, offset: usize) -> ViewMut<'_, D, U> {
        let tail = D::split_mut(D::reborrow(&mut self.data), offset / size_of::<T::Element>()).1;
        ViewMut { data: D::split_mut(tail, U::LEN).0, len: 1 }
    }
    /// Views a field as [`ViewMut::field_mut`]; `_access` gives its type.
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
    /// Views item `index` of one array: the weights of one copy in a stack.
    pub fn item(self, index: usize) -> View<'a, D, T> {
        View { data: D::slice(self.data, index * T::LEN..(index + 1) * T::LEN), len: 1 }
    }
}

impl<D: Storage, T: Pod, const N: usize> ViewMut<'_, D, [T; N]> {
    /// Views item `index` of one array: the gradients of one copy in a stack, or its weights where a pass updates them.
    pub fn item(&mut self, index: usize) -> ViewMut<'_, D, T> {
        let tail = D::split_mut(D::reborrow(&mut self.data), index * T::LEN).1;
        ViewMut { data: D::split_mut(tail, T::LEN).0, len: 1 }
    }
}

/// The parts of a batch of structs that have not been taken yet, to read.
pub struct Parts<'a, D: Storage, E: Element> {
    rest: D::Ref<'a, E>,
    len: usize,
}

impl<'a, D: Storage, E: Element> Parts<'a, D, E> {
    /// Splits `len` structs into parts.
    pub fn new(data: D::Ref<'a, E>, len: usize) -> Self {
        Parts { rest: data, len }
    }
    /// Takes the next part, which is of type `T` in each struct.
    pub fn take<T: Pod>(&mut self) -> View<'a, D, T> {
        self.take_items(self.len)
    }
    /// Takes the next part, which has `len` values.
    pub fn take_items<T: Pod>(&mut self, len: usize) -> View<'a, D, T> {
        let (all, mine) = (D::len(self.rest), len * T::LEN);
        let part = D::slice(self.rest, 0..mine);
        self.rest = D::slice(self.rest, mine..all);
        View { data: D::reinterpret(part), len }
    }
}

/// The parts of a batch of structs that have not been taken yet, to write.
pub struct PartsMut<'a, D: Storage, E: Element> {
    /// `None` only while a part is taken.
    rest: Option<D::Mut<'a, E>>,
    len: usize,
}

impl<'a, D: Storage, E: Element> PartsMut<'a, D, E> {
    /// Splits `len` structs into parts.
    pub fn new(data: D::Mut<'a, E>, len: usize) -> Self {
        PartsMut { rest: Some(data), len }
    }
    /// Takes the next part, which is of type `T` in each struct.
    ///
    /// # Panics
    /// Panics if the parts taken are larger than the structs.
    pub fn take<T: Pod>(&mut self) -> ViewMut<'a, D, T> {
        self.take_items(self.len)
    }
    /// Takes the next part, which has `len` values.
    pub fn take_items<T: Pod>(&mut self, len: usize) -> ViewMut<'a, D, T> {
        let rest = self.rest.take().expect("put back below");
        let (part, rest) = D::split_mut(rest, len * T::LEN);
        self.rest = Some(rest);
        ViewMut { data: D::reinterpret_mut(part), len }
    }
}
