//! The drawing of a network: what the tables of a model become, models inside models and shared weights included.

use dl::prelude::*;

model! {
    /// Two images through one tower, compared.
    Pair(left: [1, 8, 8], right: [1, 8, 8]) -> [1] {
        let a = left -> Tower as tower;
        let b = right -> tower;
        (a * b) -> dense(1)
    }

    Tower(image: [1, 8, 8]) -> [4] {
        image -> conv2d(2, 3, padding: 1) -> repeat 3 { residual { batch_norm -> relu } }
            -> concat { max_pool2d(2); avg_pool2d(2) } -> flatten -> dense(4)
    }
}

#[test]
fn a_drawing_says_what_the_model_does() {
    let text = Pair::drawing();
    assert!(text.starts_with("<svg ") && text.ends_with("</svg>"));
    for words in [
        "left [1, 8, 8]",
        "right [1, 8, 8]",
        "Tower",
        "repeat 3",
        "residual",
        "concat",
        "a * b",
        "[2, 8, 8] · 20 parameters",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // Both uses of the tower are drawn, and its weights are counted once.
    assert_eq!(text.matches("conv2d(2, 3, padding: 1)").count(), 2);
    assert_eq!(text.matches(&format!("tower · [4] · {} parameters", Tower::PARAMETERS)).count(), 1);
    assert!(Tower::drawing().len() < text.len());
}

#[test]
fn inputs_are_listed() {
    let names: Vec<&str> = Pair::INPUTS.iter().map(|input| input.name).collect();
    assert_eq!(names, ["left", "right"]);
    assert_eq!(Pair::INPUTS[0].shape, [1, 8, 8]);
}
