//! Kernels as Rust sees them: their source, their arguments and the grid of threads that runs them.

use super::extension::Extension;
use super::storage::{Mut, Ref};
use crate::tensor::Element;
use crate::tensor::Write;
use std::any::type_name;
use std::sync::atomic::{AtomicU32, Ordering};

/// The source of a kernel file or of a header.
#[derive(Debug)]
pub(crate) struct Source {
    /// The file name, for the compiler's messages.
    pub name: &'static str,
    /// The contents of the file.
    pub text: &'static str,
    /// The headers that it includes itself.
    pub includes: &'static [&'static Source],
}

impl Source {
    /// Returns all headers that its compilation needs: those that it includes, directly or through others, and
    /// `common.cuh`.
    pub fn headers(&self) -> Vec<&'static Source> {
        let mut headers = vec![&super::headers::COMMON];
        let mut named = self.includes.to_vec();
        while let Some(header) = named.pop() {
            if headers.iter().all(|known| known.name != header.name) {
                headers.push(header);
                named.extend(header.includes);
            }
        }
        headers
    }
}

/// A kernel of a [`Source`].
pub(crate) struct Kernel {
    pub source: &'static Source,
    pub name: &'static str,
    pub parameters: Parameters,
    /// The kernel's number (in the order of first use) plus one; 0 before the first use.
    id: AtomicU32,
}

/// The parameters of a kernel: those of its extensions, then its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters {
    /// The extensions that it has, each with the name of its parameter for the range that the extension changes.
    pub extensions: &'static [(Extension, &'static str)],
    /// The names of its own parameters, in order.
    pub names: &'static [&'static str],
}

impl Parameters {
    /// Returns all names, in order.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        self.extensions.iter().flat_map(|(extension, _)| extension.parameters()).chain(self.names).copied()
    }
    /// Returns how many parameters of extensions come before those of the extension with this number.
    pub fn before(&self, extension: usize) -> usize {
        self.extensions[..extension].iter().map(|(extension, _)| extension.parameters().len()).sum()
    }
}

impl Kernel {
    pub const fn new(source: &'static Source, name: &'static str, parameters: Parameters) -> Self {
        Kernel { source, name, parameters, id: AtomicU32::new(0) }
    }
    /// Returns the kernel's number, which is the same in the whole process.
    pub fn id(&self) -> usize {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        match self.id.load(Ordering::Relaxed) {
            0 => {
                let mine = NEXT.fetch_add(1, Ordering::Relaxed);
                // Another thread may have set a number in the meantime.
                let set = self.id.compare_exchange(0, mine, Ordering::Relaxed, Ordering::Relaxed);
                set.map_or_else(|other| other, |_| mine) as usize - 1
            }
            id => id as usize - 1,
        }
    }
}

/// `header!(NAME = "file.cuh" with [HEADER, …])` defines `NAME` as the file beside this one, with the headers that it
/// includes.
macro_rules! header {
    ($name:ident = $file:literal $(with [$($header:path),*])?) => {
        pub(crate) static $name: $crate::device::cuda::Source =
            $crate::device::cuda::Source { name: $file, text: include_str!($file), includes: &[$($(&$header),*)?] };
    };
}
pub(crate) use header;

/// `kernels!("file.cu" with [HEADER, …]: name(x, y), …)` defines `SOURCE` as the file beside this one, with the headers that it
/// includes, and for each kernel its [`Kernel`] and a struct of the same name, whose fields are the kernel's parameters. A launch is
/// such a struct, so that every argument is given by the name that the kernel calls it by, in any order, and none is forgotten:
/// `device.launch(grid, name { x, y: to })`. A test that comes with it compares these names with those in the file.
///
/// Kernels with the same parameters may share a struct: `names(x, y) for [name_16, name_32]`, with a further field `kernel` for the one
/// that is launched. `[name_64] as other::names` adds kernels of another file. `SOURCE` must also be listed in `crate::kernels`.
///
/// `name(x, y; Slope(y))` is a kernel that has the [`Extension`] `Slope` for the range `y`, whose parameters it has before its own. A
/// launch does not give them: [`Cuda::extend`](super::Cuda::extend) does.
macro_rules! kernels {
    ($file:literal $(with [$($header:path),*])?: $($kernels:tt)*) => {
        $crate::device::cuda::header!(SOURCE = $file $(with [$($header),*])?);
        $crate::device::cuda::kernels_of_file!([] $($kernels)*);
    };
}
pub(crate) use kernels;

/// The items of `kernels!`, one entry after the other; in brackets are the kernels of those before.
macro_rules! kernels_of_file {
    ([$($all:ident)*]) => {
        #[cfg(test)]
        #[test]
        fn kernels_have_the_parameters_of_their_launches() {
            [$(&$all),*].into_iter().for_each($crate::device::cuda::assert_parameters);
        }
    };
    ([$($all:ident)*] $struct:ident($($parameter:ident),* $(,)? $(; $($extension:ident($of:ident)),+)?) for [$($name:ident),* $(,)?]
        $(, $($rest:tt)*)?) => {
        #[allow(non_upper_case_globals, reason = "named as its struct")]
        pub(super) const $struct: $crate::device::cuda::Parameters =
            $crate::device::cuda::kernels_of_file!(@parameters [$($parameter)*] $($($extension($of))+)?);
        $crate::device::cuda::kernels_of_file!(@statics $struct; $($name)*);
        $crate::device::cuda::kernels_of_file!(@launch $struct [kernel] $($parameter)*);
        $crate::device::cuda::kernels_of_file!([$($all)* $($name)*] $($($rest)*)?);
    };
    ([$($all:ident)*] [$($name:ident),* $(,)?] as $parameters:path $(, $($rest:tt)*)?) => {
        $crate::device::cuda::kernels_of_file!(@statics $parameters; $($name)*);
        $crate::device::cuda::kernels_of_file!([$($all)* $($name)*] $($($rest)*)?);
    };
    ([$($all:ident)*] $name:ident($($parameter:ident),* $(,)? $(; $($extension:ident($of:ident)),+)?) $(, $($rest:tt)*)?) => {
        #[allow(non_upper_case_globals, reason = "named as in the file of kernels")]
        static $name: $crate::device::cuda::Kernel = $crate::device::cuda::Kernel::new(
            &SOURCE,
            stringify!($name),
            $crate::device::cuda::kernels_of_file!(@parameters [$($parameter)*] $($($extension($of))+)?),
        );
        $crate::device::cuda::kernels_of_file!(@launch $name [] $($parameter)*);
        $crate::device::cuda::kernels_of_file!([$($all)* $name] $($($rest)*)?);
    };
    (@parameters [$($parameter:ident)*] $($extension:ident($of:ident))*) => {
        $crate::device::cuda::Parameters {
            extensions: &[$(($crate::device::cuda::Extension::$extension, stringify!($of))),*],
            names: &[$(stringify!($parameter)),*],
        }
    };
    (@statics $parameters:path; $($name:ident)*) => {$(
        #[allow(non_upper_case_globals, reason = "named as in the file of kernels")]
        static $name: $crate::device::cuda::Kernel =
            $crate::device::cuda::Kernel::new(&SOURCE, stringify!($name), $parameters);
    )*};
    (@launch $name:ident [$($kernel:ident)?] $($parameter:ident)*) => {
        #[allow(non_camel_case_types, reason = "named as in the file of kernels, and types as their fields")]
        struct $name<$($parameter),*> {
            $($kernel: &'static $crate::device::cuda::Kernel,)?
            $($parameter: $parameter),*
        }
        #[allow(non_camel_case_types, reason = "named as their fields")]
        impl<$($parameter: $crate::device::cuda::Argument),*> $crate::device::cuda::Launch for $name<$($parameter),*> {
            const PARAMETERS: &'static [&'static str] = &[$(stringify!($parameter)),*];
            fn kernel(&self) -> &'static $crate::device::cuda::Kernel {
                $crate::device::cuda::kernels_of_file!(@kernel self $name $($kernel)?)
            }
            fn pack(self, to: &mut $crate::device::cuda::Packed) {
                $($crate::device::cuda::Argument::pack(self.$parameter, to);)*
            }
        }
    };
    (@kernel $self:ident $name:ident) => { &$name };
    (@kernel $self:ident $name:ident $kernel:ident) => { $self.$kernel };
}
pub(crate) use kernels_of_file;

/// The threads that run a kernel: `blocks` blocks of `threads` threads each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Grid {
    pub blocks: [u32; 3],
    pub threads: u32,
}

impl Grid {
    /// The grid of a kernel that loops with `for (u64 i = thread(); i < n; i += threads())`.
    pub fn each(n: usize) -> Self {
        const THREADS: usize = 256;
        /// So many blocks fill every current GPU several times.
        const MOST: usize = 1 << 13;
        Grid::new(n.div_ceil(THREADS).min(MOST), THREADS as u32)
    }
    /// The grid of a loop as in [`Grid::each`] whose threads take four elements at a time.
    pub fn fours(n: usize) -> Self {
        Grid::each(n.div_ceil(4))
    }
    /// A one-dimensional grid.
    pub fn new(blocks: usize, threads: u32) -> Self {
        Grid::of([blocks, 1, 1], threads)
    }
    /// A grid of up to three dimensions; the second and third have at most 65,535 blocks.
    ///
    /// # Panics
    /// If there are more blocks than CUDA allows; the kernel should loop instead.
    pub fn of(blocks: [usize; 3], threads: u32) -> Self {
        let fits = blocks[0] < 1 << 31 && blocks[1] < 1 << 16 && blocks[2] < 1 << 16 && threads <= 1024;
        assert!(fits, "a grid of {blocks:?} blocks of {threads} threads");
        Grid { blocks: blocks.map(|n| n as u32), threads }
    }
    pub fn is_empty(self) -> bool {
        self.threads == 0 || self.blocks.contains(&0)
    }
}

/// The arguments of launches, one after the other in memory.
#[derive(Default)]
pub(crate) struct Packed {
    pub words: Vec<u64>,
    pub arguments: Vec<Packing>,
}

/// The place of one argument in [`Packed::words`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Packing {
    /// The index of its first word.
    pub word: u32,
    pub bytes: u32,
    pub kind: Kind,
}

/// The kind of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A number of this type of Rust.
    Number(&'static str),
    /// A struct, of which only the size is known.
    Struct,
    /// A `Span`, which is an address and a length, of elements of this type of Rust.
    Span { of: &'static str, written: bool },
    /// A `Span` of nothing, which may be of any type.
    Nothing,
}

impl Packing {
    /// True for a `Span`.
    pub fn is_span(&self) -> bool {
        matches!(self.kind, Kind::Span { .. } | Kind::Nothing)
    }
    /// True for a `Span` that the kernel writes to.
    pub fn is_written(&self) -> bool {
        matches!(self.kind, Kind::Span { written: true, .. })
    }
}

impl Packed {
    pub fn clear(&mut self) {
        self.words.clear();
        self.arguments.clear();
    }
    fn span(&mut self, address: u64, len: usize, kind: Kind) {
        self.arguments.push(Packing { word: self.words.len() as u32, bytes: 16, kind });
        self.words.extend([address, len as u64]);
    }
    fn word(&mut self, bytes: [u8; 8], len: u32, of: &'static str) {
        self.arguments.push(Packing { word: self.words.len() as u32, bytes: len, kind: Kind::Number(of) });
        self.words.push(u64::from_ne_bytes(bytes));
    }
    /// Adds a struct of words of four bytes.
    pub fn words(&mut self, words: &[u32]) {
        self.arguments.push(Packing {
            word: self.words.len() as u32,
            bytes: 4 * words.len() as u32,
            kind: Kind::Struct,
        });
        let pair = |pair: &[u32]| {
            let mut bytes = [0; 8];
            for (to, word) in bytes.chunks_exact_mut(4).zip(pair) {
                to.copy_from_slice(&word.to_ne_bytes());
            }
            u64::from_ne_bytes(bytes)
        };
        self.words.extend(words.chunks(2).map(pair));
    }
}

/// A value that can be passed to a kernel.
pub(crate) trait Argument {
    /// Appends it to the arguments of a launch.
    fn pack(self, to: &mut Packed);
}

macro_rules! words {
    ($($type:ty),*) => {$(
        impl Argument for $type {
            fn pack(self, to: &mut Packed) {
                let mut bytes = [0; 8];
                bytes[..size_of::<$type>()].copy_from_slice(&self.to_ne_bytes());
                to.word(bytes, size_of::<$type>() as u32, stringify!($type));
            }
        }
    )*};
}
words!(u32, i32, f32, u64);

impl Argument for usize {
    fn pack(self, to: &mut Packed) {
        (self as u64).pack(to);
    }
}
impl Argument for Write {
    fn pack(self, to: &mut Packed) {
        u32::from(self == Write::Add).pack(to);
    }
}
impl<E: Element> Argument for Ref<'_, E> {
    fn pack(self, to: &mut Packed) {
        to.span(self.address(), self.len(), Kind::Span { of: type_name::<E>(), written: false });
    }
}
impl<E: Element> Argument for &Mut<'_, E> {
    fn pack(self, to: &mut Packed) {
        to.span(self.address(), self.len(), Kind::Span { of: type_name::<E>(), written: true });
    }
}
impl<E: Element> Argument for Mut<'_, E> {
    fn pack(self, to: &mut Packed) {
        (&self).pack(to);
    }
}
/// `None` is an empty range.
impl<A: Argument> Argument for Option<A> {
    fn pack(self, to: &mut Packed) {
        match self {
            Some(range) => range.pack(to),
            None => to.span(0, 0, Kind::Nothing),
        }
    }
}

/// Pairs are two arguments.
impl<A: Argument, B: Argument> Argument for (A, B) {
    fn pack(self, to: &mut Packed) {
        self.0.pack(to);
        self.1.pack(to);
    }
}

/// Arrays are that many arguments.
impl<A: Argument, const N: usize> Argument for [A; N] {
    fn pack(self, to: &mut Packed) {
        self.into_iter().for_each(|argument| argument.pack(to));
    }
}

/// A field of an [`arguments!`] struct; it has four bytes.
pub(crate) trait Word: Copy {
    fn word(self) -> u32;
}
impl Word for u32 {
    fn word(self) -> u32 {
        self
    }
}
impl Word for i32 {
    fn word(self) -> u32 {
        self.cast_unsigned()
    }
}
impl Word for f32 {
    fn word(self) -> u32 {
        self.to_bits()
    }
}

/// `arguments! { struct Name { field: u32, … } }` defines a struct of words of four bytes that a kernel takes as one
/// argument. The kernel file defines the same struct.
macro_rules! arguments {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name {
            $($(#[$inner])* pub $field: $type),*
        }
        impl $crate::device::cuda::Argument for $name {
            fn pack(self, to: &mut $crate::device::cuda::Packed) {
                to.words(&[$($crate::device::cuda::Word::word(self.$field)),*]);
            }
        }
    };
}
pub(crate) use arguments;

/// A kernel with its arguments; [`kernels!`] defines these structs.
pub(crate) trait Launch {
    /// The names of the kernel's own parameters, in the order in which it packs the arguments.
    const PARAMETERS: &'static [&'static str];
    fn kernel(&self) -> &'static Kernel;
    /// Appends the arguments to those of other launches.
    fn pack(self, to: &mut Packed);
}
