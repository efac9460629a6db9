//! The names that generated code uses without a path. It imports them by a glob, which shadows items of the user's module.

/// Implements the traits of every declared network: `Network` for sessions, `Clone` for its box, and `Debug`.
///
/// `network!(LeNet: Clone, Debug)`, and `network!(impl[const N: usize] Mlp<N>: Clone, Debug)`.
#[doc(hidden)]
#[macro_export]
macro_rules! network {
    (impl $parameters:tt $name:ty: $($trait:ident),*) => {
        $crate::network!(@Network $parameters $name);
        $($crate::network!(@$trait $parameters $name);)*
    };
    (@Network [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::Network for $name {
            type Model = Self;
            fn network(&self) -> &Self {
                self
            }
            fn network_mut(&mut self) -> &mut Self {
                self
            }
        }
    };
    // Only the box implements `Clone`: cloning the network itself would put a copy on the stack.
    (@Clone [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::generated::Clone for $crate::generated::Box<$name> {
            fn clone(&self) -> Self {
                $crate::Model::to_box(&**self)
            }
            fn clone_from(&mut self, source: &Self) {
                $crate::Model::copy_from(&mut **self, &**source);
            }
        }
    };
    (@Debug [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::generated::Debug for $name {
            fn fmt(&self, f: &mut $crate::generated::Formatter<'_>) -> $crate::generated::FmtResult {
                $crate::generated::name_and_size::<Self>(f)
            }
        }
    };
    ($name:ty: $($trait:ident),*) => {
        $crate::network!(impl[] $name: $($trait),*);
    };
}

/// Implements `Pack`, `Clone`, `PartialEq`, `Debug` and `Default` for the struct of several inputs, outputs or targets with sequences
/// among them: `sequences!(PairInput: source: Vec<u32>, target: Vec<u32>)`.
#[doc(hidden)]
#[macro_export]
macro_rules! sequences {
    (impl [$($parameters:tt)*] $name:ty: $($field:ident: $ty:ty),*) => {
        impl<$($parameters)*> $crate::generated::Pack for $name {
            type Element = $crate::generated::f32;
            type Row = $crate::generated::f32;
            type Like<T: $crate::Pod> = $crate::generated::Vec<T>;
            const PARTS: &'static [$crate::generated::Part] = &[$(<$ty as $crate::generated::Pack>::PARTS[0]),*];
            fn samples(n: $crate::generated::usize) -> $crate::generated::Vec<Self> {
                (0..n).map(|_| <Self as $crate::generated::Default>::default()).collect()
            }
            fn boxed() -> $crate::generated::Box<Self> {
                <$crate::generated::Box<Self> as $crate::generated::Default>::default()
            }
            fn rows(&self, part: $crate::generated::usize) -> $crate::generated::usize {
                [$(<$ty as $crate::generated::Pack>::rows(&self.$field, 0)),*][part]
            }
            fn resize(&mut self, part: $crate::generated::usize, rows: $crate::generated::usize) {
                $crate::sequences!(@each part; $(<$ty as $crate::generated::Pack>::resize(&mut self.$field, 0, rows);)*);
            }
            fn part(&self, part: $crate::generated::usize) -> &[$crate::generated::f32] {
                [$($crate::generated::as_f32(<$ty as $crate::generated::Pack>::part(&self.$field, 0))),*][part]
            }
            fn part_mut(&mut self, part: $crate::generated::usize) -> &mut [$crate::generated::f32] {
                let parts = [$($crate::generated::as_f32_mut(<$ty as $crate::generated::Pack>::part_mut(&mut self.$field, 0))),*];
                match parts.into_iter().nth(part) {
                    $crate::generated::Some(part) => part,
                    $crate::generated::None => &mut [],
                }
            }
            fn items(&self) -> &[$crate::generated::f32] {
                &[]
            }
        }
        impl<$($parameters)*> $crate::generated::Default for $name {
            fn default() -> Self {
                Self { $($field: <$ty as $crate::generated::Pack>::zero()),* }
            }
        }
        impl<$($parameters)*> $crate::generated::Clone for $name {
            fn clone(&self) -> Self {
                Self { $($field: $crate::generated::Clone::clone(&self.$field)),* }
            }
        }
        $crate::record!(@traits [$($parameters)*] $name: $($field),*);
    };
    (@each $part:ident; $($statement:stmt;)*) => {{
        let mut at = 0;
        $(
            if at == $part {
                $statement
            }
            at += 1;
        )*
        let _ = at;
    }};
    ($name:ty: $($field:ident: $ty:ty),*) => {
        $crate::sequences!(impl [] $name: $($field: $ty),*);
    };
}

/// Writes the name and the size of a model: `LeNet (61,706 parameters)`.
pub fn name_and_size<M: crate::Model>(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "{} ({} parameters)", M::NAME, dl_drawing::grouped(M::PARAMETERS as u64))
}

/// Lets rustc say which layer of a model looks ahead, where a program asks for a step: `no_steps!([] D GoesForward: Net, "…")`.
///
/// The bound is never met. It has a lifetime, since rustc refuses others that cannot be met already where they stand.
#[doc(hidden)]
#[macro_export]
macro_rules! no_steps {
    ([$($parameters:tt)*] $device:ident $bound:ident: $model:ty, $message:literal) => {
        #[diagnostic::on_unimplemented(message = $message, label = "a step wants one sequence, and layers that all go forward in time")]
        pub trait $bound {}
        impl<$($parameters)*> $crate::generated::Steps for $model
        where
            for<'a> &'a $model: $bound,
        {
            type State<$device: $crate::generated::Device> = ();
            const TRUNCATES: bool = false;
            fn state_memory<$device: $crate::generated::Device>(_: &mut $crate::generated::Allocator<'_, $device>) {}
            fn slots<'s, $device: $crate::generated::Device>(
                _: &'s (),
                _: &mut dyn ::core::ops::FnMut(&'s $crate::generated::Workspace<$device>),
            ) {
            }
            fn slots_mut<'s, $device: $crate::generated::Device>(
                _: &'s mut (),
                _: &mut dyn ::core::ops::FnMut(&'s mut $crate::generated::Workspace<$device>),
            ) {
            }
            fn step<$device: $crate::generated::Device>(_: $crate::generated::Step<'_, $device, Self>) {}
        }
    };
}
