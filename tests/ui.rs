//! The messages of the compiler to a user: one file a rule in `ui-tests/`, each with its expected message beside it.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew; read them as a beginner would before committing.

use std::env::{set_current_dir, set_var};
use std::path::Path;
use trybuild::TestCases;

/// Cases of the facade's package, in whose folder they are: trybuild says lines and columns of its own package alone.
fn cases() -> TestCases {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the workspace");
    // SAFETY: nothing in this program asks for the environment but through std, which locks it.
    unsafe {
        set_var("CARGO_MANIFEST_DIR", package);
    }
    set_current_dir(package).expect("the folder is there");
    TestCases::new()
}

#[test]
fn mistakes_are_reported_at_their_tokens() {
    cases().compile_fail("ui-tests/fail/*/*.rs");
}

/// Messages that rustc gives only when it makes machine code: of generic models, once their parameters are known.
#[test]
fn parameters_are_checked_where_they_are_known() {
    let cases = cases();
    // A case that passes has the others built, and not only checked.
    cases.pass("ui-tests/pass/*.rs");
    cases.compile_fail("ui-tests/fail-built/*/*.rs");
}
