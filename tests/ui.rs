//! What the compiler says to a user: one file a rule in `ui-tests/`, each with its expected message beside it.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew; read them as a beginner would before committing.

#[test]
fn mistakes_are_reported_at_their_tokens() {
    trybuild::TestCases::new().compile_fail("ui-tests/fail/*/*.rs");
}
