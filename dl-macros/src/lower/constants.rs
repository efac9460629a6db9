//! Evaluates the constants of the macro once, in any order of declaration.

use super::evaluate::Evaluate;
use crate::ast::{self, ConstantKind};
use crate::diagnostics::Diagnostics;
use crate::dim::Dim;
use crate::names::is_keyword;
use crate::number::Number;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::cell::RefCell;
use std::collections::HashMap;

/// The value of a constant.
#[derive(Clone)]
pub enum Constant {
    /// `usize`
    Size(Dim),
    /// `f32`
    Number(Number),
    /// The constant was reported as wrong.
    Broken,
}

/// All constants of one macro.
pub struct Constants<'a> {
    items: &'a [ast::Constant],
    /// `None` while a constant is being evaluated.
    values: RefCell<HashMap<String, Option<Constant>>>,
    /// Every use, for editors and for rustc's warning about unused constants.
    uses: RefCell<Vec<Ident>>,
    diagnostics: &'a Diagnostics,
    /// Names that were reported as typos, which are reported once.
    typos: RefCell<std::collections::HashSet<String>>,
    /// `true` if constants may be missing after a syntax error.
    pub names_missing: bool,
}

impl<'a> Constants<'a> {
    /// Evaluates `items`.
    pub fn new(file: &'a ast::File, diagnostics: &'a Diagnostics) -> Self {
        let (values, uses, typos) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (items, names_missing) = (file.constants.as_slice(), file.names_missing);
        let constants = Constants { items, values, uses, diagnostics, typos, names_missing };
        for (i, item) in items.iter().enumerate() {
            if is_keyword(&item.name) {
                diagnostics.error(item.name.span(), format!("`{}` cannot name a constant", item.name));
            } else if items[..i].iter().any(|earlier| earlier.name == item.name) {
                diagnostics.error(item.name.span(), format!("the constant `{}` is defined twice", item.name));
            }
            constants.evaluate(item);
        }
        constants
    }

    /// Returns the value of `name`, if it is a constant of the macro, and records the use.
    pub fn get(&self, name: &Ident) -> Option<Constant> {
        let item = self.items.iter().find(|item| item.name == *name)?;
        self.uses.borrow_mut().push(name.clone());
        Some(self.evaluate(item))
    }

    fn evaluate(&self, item: &ast::Constant) -> Constant {
        let key = item.name.to_string();
        match self.values.borrow().get(&key) {
            Some(Some(value)) => return value.clone(),
            Some(None) => {
                self.diagnostics.error(item.name.span(), format!("the constant `{key}` is defined by itself"));
                return Constant::Broken;
            }
            None => {}
        }
        let deep = self.values.borrow().values().filter(|value| value.is_none()).count();
        if deep > crate::parse::depth::MAX_SEQUENCE {
            let message =
                format!("the constant `{key}` is computed from more than {} others", crate::parse::depth::MAX_SEQUENCE);
            self.diagnostics.error(item.name.span(), message);
            self.values.borrow_mut().insert(key, Some(Constant::Broken));
            return Constant::Broken;
        }
        self.values.borrow_mut().insert(key.clone(), None);
        let evaluate = Evaluate {
            constants: self,
            is_value: &|_| false,
            parameters: &[],
            generics: &[],
            diagnostics: self.diagnostics,
        };
        let value = match item.kind {
            Some(ConstantKind::Size) => evaluate.size(&item.value).map_or(Constant::Broken, Constant::Size),
            Some(ConstantKind::Number) => evaluate.number(&item.value).map_or(Constant::Broken, Constant::Number),
            None => {
                let span = item.ty.clone().into_iter().next().map_or(item.name.span(), |token| token.span());
                let message = format!("a constant of a model is a `usize` or an `f32`, not `{}`", item.ty);
                self.diagnostics.error(span, message);
                Constant::Broken
            }
        };
        self.values.borrow_mut().insert(key, Some(value.clone()));
        value
    }

    /// Returns whether `name` is a constant of the macro, without recording a use.
    pub fn has(&self, name: &Ident) -> bool {
        self.items.iter().any(|item| item.name == *name)
    }

    /// Records that `name` is a typo; returns `true` the first time.
    pub fn first_typo(&self, name: &Ident) -> bool {
        self.typos.borrow_mut().insert(name.to_string())
    }

    /// Returns the names of all constants.
    pub fn names(&self) -> Vec<String> {
        self.items.iter().map(|item| item.name.to_string()).collect()
    }

    /// Writes the constants and their uses as Rust, for rustc's lints.
    pub fn probes(&self) -> TokenStream {
        let valid = |name: &Ident| {
            let value = self.values.borrow().get(&name.to_string()).cloned();
            !is_keyword(name) && matches!(value, Some(Some(Constant::Size(_) | Constant::Number(_))))
        };
        // A second definition was reported.
        let first = |i: usize| !self.items[..i].iter().any(|earlier| earlier.name == self.items[i].name);
        let items = self.items.iter().enumerate();
        let items: Vec<_> = items.filter(|(i, item)| first(*i) && valid(&item.name)).map(|(_, item)| item).collect();
        if items.is_empty() {
            return TokenStream::new();
        }
        let definitions = items.iter().map(|ast::Constant { name, ty, value, .. }| quote!(const #name: #ty = #value;));
        let uses = self.uses.borrow();
        let uses = uses.iter().filter(|name| valid(name));
        quote!(const _: () = { #(#definitions)* #(let _ = #uses;)* };)
    }
}
