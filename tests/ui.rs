//! What the compiler says to a user: one file a rule in `ui-tests/`, each with its expected message beside it.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew; read them as a beginner would before committing.

#[test]
fn mistakes_are_reported_at_their_tokens() {
    trybuild::TestCases::new().compile_fail("ui-tests/fail/*/*.rs");
}

/// What rustc says only when it makes machine code: of generic models, once their parameters are known.
#[test]
fn parameters_are_checked_where_they_are_known() {
    let cases = trybuild::TestCases::new();
    // A case that passes has the others built, and not only checked.
    cases.pass("ui-tests/pass/*.rs");
    cases.compile_fail("ui-tests/fail-built/*/*.rs");
}
