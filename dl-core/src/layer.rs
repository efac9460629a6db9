//! Layers that are written by hand.

use crate::Pod;

/// A layer written by hand, for prediction; with `std` the trait of this name has the passes of training, too. [`layer!`](crate::layer!)
/// declares its weights.
///
/// ```
/// # use dl_core as dl;
/// dl::layer! {
///     /// Multiplies each feature by a factor.
///     pub struct Scale<const N: usize> {
///         /// The factors.
///         pub factor: [f32; N] as Scale,
///     }
/// }
///
/// impl<const N: usize> dl::Layer for Scale<N> {
///     type Input = [f32; N];
///     type Output = [f32; N];
///
///     fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
///         for (x, y) in inputs.iter().zip(outputs) {
///             for i in 0..N {
///                 y[i] = self.factor[i] * x[i];
///             }
///         }
///     }
/// }
///
/// use dl::Declared;
/// let (layer, mut output) = (Scale { factor: [2.0, 3.0] }, [0.0; 2]);
/// layer.predict_into(&[1.0, 10.0], &mut output, &mut dl::Scratch::new());
/// assert_eq!(output, [2.0, 30.0]);
/// ```
pub trait Layer: Pod<Element = f32> {
    /// One sample.
    type Input: Pod<Element = f32>;
    /// The output for one sample.
    type Output: Pod<Element = f32>;
    /// Computes the outputs for a batch. The previous content of `outputs` has no meaning.
    fn forward(&self, inputs: &[Self::Input], outputs: &mut [Self::Output]);
}

/// The dimensions of nested arrays of `f32`, outermost first.
#[doc(hidden)]
pub trait Dimensions {
    const DIMENSIONS: &'static [usize];
}
impl Dimensions for f32 {
    const DIMENSIONS: &'static [usize] = &[];
}
impl<const A: usize> Dimensions for [f32; A] {
    const DIMENSIONS: &'static [usize] = &[A];
}
impl<const A: usize, const B: usize> Dimensions for [[f32; B]; A] {
    const DIMENSIONS: &'static [usize] = &[A, B];
}
impl<const A: usize, const B: usize, const C: usize> Dimensions for [[[f32; C]; B]; A] {
    const DIMENSIONS: &'static [usize] = &[A, B, C];
}
impl<const A: usize, const B: usize, const C: usize, const D: usize> Dimensions for [[[[f32; D]; C]; B]; A] {
    const DIMENSIONS: &'static [usize] = &[A, B, C, D];
}

/// Declares the weights of a layer that is written by hand; the trait [`Layer`](trait@crate::Layer) has its pass.
///
/// Every field has a [`Role`](crate::Role): `Weight`, `Bias` or `Scale`, which decides whether weight decay applies, or `Statistic`
/// for numbers that are stored but not trained. Fields are `f32` or arrays of it with up to four dimensions; files use their names.
#[macro_export]
macro_rules! layer {
    ($($tokens:tt)*) => {
        $crate::layer_with! { [$crate::Layer] [$crate::declared_layer] $($tokens)* }
    };
}

/// Declares the weights of a layer whose passes are those of the first trait, and hands them to the macro in the second brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! layer_with {
    ([$layer:path] [$then:path] $(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[$about:meta])* $inside:vis $field:ident: $ty:ty as $role:ident),* $(,)?
    }) => {
        $crate::layer_with! {
            @ [$layer] [$then] [$(#[$attribute])*] [$visibility] $name [] []
            $([$(#[$about])*] [$inside] $field [$ty] $role)*
        }
    };
    ([$layer:path] [$then:path] $(#[$attribute:meta])* $visibility:vis struct $name:ident<$(const $parameter:ident: usize),+ $(,)?> {
        $($(#[$about:meta])* $inside:vis $field:ident: $ty:ty as $role:ident),* $(,)?
    }) => {
        $crate::layer_with! {
            @ [$layer] [$then] [$(#[$attribute])*] [$visibility] $name [<$(const $parameter: usize),+>] [<$($parameter),+>]
            $([$(#[$about])*] [$inside] $field [$ty] $role)*
        }
    };
    (@ [$layer:path] [$then:path] [$(#[$attribute:meta])*] [$visibility:vis] $name:ident [$($declared:tt)*] [$($given:tt)*]
        $([$(#[$about:meta])*] [$inside:vis] $field:ident [$ty:ty] $role:ident)*
    ) => {
        $(#[$attribute])*
        #[repr(C, align(4))]
        $visibility struct $name $($declared)* {
            $($(#[$about])* $inside $field: $ty,)*
        }
        const _: () = {
            // Shadows items of the user's module with these names.
            use $crate::generated::hygiene::*;
            // SAFETY: `repr(C)`, and every field is `Pod` with elements `f32`: `plain` below has a bound for it.
            unsafe impl $($declared)* $crate::Pod for $name $($given)* {
                type Element = f32;
            }
            const fn plain<T: $crate::Pod<Element = f32>>() -> usize {
                ::core::mem::size_of::<T>()
            }
            impl $($declared)* $crate::Declared for $name $($given)* {
                const NAME: &'static str = ::core::stringify!($name);
                const TENSORS: $crate::Tensors = {
                    ::core::assert!(::core::mem::size_of::<Self>() == 0 $(+ plain::<$ty>())*);
                    $crate::Tensors(&[$($crate::Entry::Tensor {
                        name: ::core::stringify!($field),
                        shape: <$ty as $crate::generated::Dimensions>::DIMENSIONS,
                        offset: ::core::mem::offset_of!(Self, $field),
                        role: $crate::Role::$role,
                    }),*])
                };
                type Takes = <Self as $layer>::Input;
                type Makes = <Self as $layer>::Output;
                type Memory = ();
            }
            impl $($declared)* $crate::Predict for $name $($given)* {
                fn predict_with(&self, input: &Self::Takes, output: &mut Self::Makes, _: &mut ()) {
                    <Self as $layer>::forward(self, ::core::slice::from_ref(input), ::core::slice::from_mut(output));
                }
            }
        };
        $then! { [$($declared)*] [$name $($given)*] }
    };
}

/// Ends the declaration of a layer: there is nothing more to implement for prediction.
#[doc(hidden)]
#[macro_export]
macro_rules! declared_layer {
    ($($tokens:tt)*) => {};
}
