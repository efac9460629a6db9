//! The failure of a function that C called: a status that it returns, and a text that the thread can ask for.

use crate::Error;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The values that functions return. `header.rs` names them to C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok = 0,
    Null = 1,
    Size = 2,
    File = 3,
    Input = 4,
    Memory = 5,
    Internal = 6,
}

/// A call that failed.
pub(super) struct Failure {
    status: Status,
    text: String,
}

impl Failure {
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        Failure { status, text: text.into() }
    }
    pub fn null(argument: &str) -> Self {
        Failure::new(Status::Null, format!("`{argument}` is a null pointer"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error {
            Error::Memory { .. } => Status::Memory,
            Error::TokenOutOfRange { .. } => Status::Input,
            _ => Status::File,
        };
        Failure::new(status, error.to_string())
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Runs the body of a function that C calls: keeps the text of its failure for [`last_error`], and ends panics here.
pub(super) fn guarded<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Status> {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(failure)) => failure,
        Err(panic) => Failure::new(Status::Internal, format!("a mistake in the library: {}", text_of(&*panic))),
    };
    let text = CString::new(failure.text.replace('\0', " ")).unwrap_or_default();
    // A thread that is ending keeps no texts any more.
    let _ = LAST.try_with(|last| last.replace(text));
    Err(failure.status)
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a text")
}

/// Returns the text of the last failure in this thread, which is empty before the first; it is valid until the next failure.
pub fn last_error() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn panics_become_a_status_and_a_text() {
        let last = || {
            // SAFETY: it is valid until the next failure of this thread.
            unsafe { CStr::from_ptr(last_error()) }.to_str().unwrap().to_owned()
        };
        assert_eq!(last(), "");
        assert_eq!(guarded(|| Ok(3)).unwrap(), 3);
        assert_eq!(guarded::<()>(|| panic!("odd: {}", 7)), Err(Status::Internal));
        assert_eq!(last(), "a mistake in the library: odd: 7");
        assert_eq!(guarded::<()>(|| Err(Failure::new(Status::Size, "a\0b"))), Err(Status::Size));
        assert_eq!(last(), "a b");
        assert_eq!(guarded(|| Ok(())), Ok(()));
        assert_eq!(last(), "a b", "a call that works leaves the text");
        std::thread::spawn(move || assert_eq!(last(), "")).join().unwrap();
    }
}
