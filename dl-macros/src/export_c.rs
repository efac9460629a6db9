//! `export_c!`: writes C functions of a model, `#[no_mangle]` and one line each. What they do is in `c_api` of the runtime.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Result, Token, Type};

/// The words of C that a handle cannot have as its name.
const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "null",
    "operator",
    "private",
    "protected",
    "public",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
];

/// A model, and the prefix of its functions.
struct Export {
    model: Type,
    name: Ident,
}

impl Parse for Export {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.is_empty() {
            return Err(Error::new(Span::call_site(), "`export_c!` wants a model, such as `export_c!(LeNet)`"));
        }
        let first = input.fork().parse::<TokenTree>()?;
        let wanted =
            |found: &dyn std::fmt::Display| format!("expected the type of a model, such as `LeNet`, found `{found}`");
        let model: Type = input.parse().map_err(|_| Error::new(first.span(), wanted(&first)))?;
        let Type::Path(path) = &model else { return Err(Error::new(first.span(), wanted(&first))) };
        let last = path.path.segments.last().map(|last| last.ident.clone());
        let name = match input.parse::<Option<Token![as]>>()? {
            Some(_) => input.parse().map_err(|error| {
                Error::new(error.span(), "expected the prefix of the functions, such as `as digits`")
            })?,
            None => last.map_or_else(|| Err(Error::new(first.span(), wanted(&first))), |last| Ok(lower(&last)))?,
        };
        if KEYWORDS.contains(&name.to_string().as_str()) {
            let text = format!("`{name}` is a word of C or C++; give the functions another prefix: `as {name}_net`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            let text =
                "`export_c!` takes one model; write another `export_c!` for the next one, and `as` for another prefix";
            return Err(input.error(text));
        }
        Ok(Export { model, name })
    }
}

/// The name of a model in lower case, where it stands.
fn lower(model: &Ident) -> Ident {
    Ident::new(model.to_string().trim_start_matches("r#").to_lowercase().as_str(), model.span())
}

/// Expands `[facade] Model as prefix`.
pub fn expand(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let Some(TokenTree::Group(krate)) = tokens.next() else { return TokenStream::new() };
    match syn::parse2(tokens.collect()) {
        Ok(export) => functions(&krate.stream(), &export),
        Err(error) => error.into_compile_error(),
    }
}

fn functions(krate: &TokenStream, Export { model, name }: &Export) -> TokenStream {
    let [create, predict, free, input_len, output_len, input_shape, output_shape, last_error, header] =
        ["create", "predict", "free", "input_len", "output_len", "input_shape", "output_shape", "last_error", "header"]
            .map(|function| format_ident!("{name}_{function}"));
    let (c, prefix) = (quote!(#krate::private::c_api), name.to_string());
    // Mistakes about the model are reported where its name is.
    let at_model = spanned(quote!(#c::Functions::of), model.span());
    let functions = quote_spanned!(model.span()=> #at_model::<#model>());
    let doc = format!("Returns the text of the header `{prefix}.h` for the C functions of [`{}`].", quote!(#model));
    // The functions are in a block, where two of one name are no mistake: `header` stands for all of them.
    quote! {
        #[doc = #doc]
        pub fn #header() -> ::std::string::String {
            const FUNCTIONS: #c::Functions = #functions;

            #[unsafe(no_mangle)]
            unsafe extern "C" fn #create(bytes: *const u8, len: usize) -> *mut ::core::ffi::c_void {
                // SAFETY: the caller keeps what the header says, which is the contract of this function.
                unsafe { (FUNCTIONS.create)(bytes, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #predict(
                net: *const ::core::ffi::c_void,
                inputs: *const ::core::ffi::c_void,
                inputs_len: usize,
                outputs: *mut f32,
                outputs_len: usize,
            ) -> i32 {
                // SAFETY: the caller keeps what the header says, which is the contract of this function.
                unsafe { (FUNCTIONS.predict)(net, inputs, inputs_len, outputs, outputs_len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #free(net: *mut ::core::ffi::c_void) {
                // SAFETY: the caller keeps what the header says, which is the contract of this function.
                unsafe { (FUNCTIONS.free)(net) }
            }
            #[unsafe(no_mangle)]
            extern "C" fn #input_len() -> usize {
                (FUNCTIONS.input_len)()
            }
            #[unsafe(no_mangle)]
            extern "C" fn #output_len() -> usize {
                (FUNCTIONS.output_len)()
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #input_shape(input: usize, dimensions: *mut usize) -> *const usize {
                // SAFETY: the caller keeps what the header says, which is the contract of this function.
                unsafe { (FUNCTIONS.input_shape)(input, dimensions) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #output_shape(output: usize, dimensions: *mut usize) -> *const usize {
                // SAFETY: the caller keeps what the header says, which is the contract of this function.
                unsafe { (FUNCTIONS.output_shape)(output, dimensions) }
            }
            #[unsafe(no_mangle)]
            extern "C" fn #last_error() -> *const ::core::ffi::c_char {
                #c::last_error()
            }

            (FUNCTIONS.header)(#prefix)
        }
    }
}

/// Returns tokens with another place in the source.
fn spanned(tokens: TokenStream, span: Span) -> TokenStream {
    let set = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_iter().map(set).collect()
}
