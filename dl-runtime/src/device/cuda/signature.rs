//! The parameters of a kernel as its file declares them, and whether a launch has them: their number and sizes are what the driver can
//! check, but two arguments of one size could be exchanged.

use super::kernel::{Kernel, Kind, Packing};

/// A parameter of a kernel.
#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    /// Such as `u32`, `Span<const float>` or the name of a struct.
    of: String,
    name: String,
}

/// The name of the place from which on a macro adds parameters: `Span<u32> check KEEPS_##count`.
const MORE: &str = "…";

/// Panics unless the kernel's file gives its parameters these names.
#[cfg(test)]
pub(crate) fn assert_parameters(kernel: &Kernel) {
    assert_names(kernel, &parameters(kernel));
}

/// Panics unless the kernel's file declares the parameters that a launch has arguments for, by their names and types. `names` are those of
/// the kernel's own parameters.
pub(super) fn assert_arguments(kernel: &Kernel, names: &[&str], arguments: &[Packing]) {
    assert_eq!(names, kernel.parameters.names, "the launch of another kernel than {}", kernel.name);
    let declared = parameters(kernel);
    assert_names(kernel, &declared);
    for (parameter, argument) in declared.iter().zip(arguments) {
        let Parameter { of, name } = parameter;
        if name == MORE {
            break;
        }
        assert!(takes(of, argument.kind), "{}: the parameter `{of} {name}` gets {:?}", kernel.name, argument.kind);
    }
}

/// Compares the names that `kernels!` gives with those of the file.
fn assert_names(kernel: &Kernel, declared: &[Parameter]) {
    let mut names: Vec<&str> = declared.iter().map(|parameter| parameter.name.as_str()).collect();
    // Further parameters are those of a macro.
    let mut given: Vec<&str> = kernel.parameters.all().collect();
    if names.last() == Some(&MORE) {
        given.truncate(names.len() - 1);
    }
    names.retain(|name| *name != MORE);
    assert_eq!(given, names, "the parameters of the kernel {} in {}", kernel.name, kernel.source.name);
}

/// Returns whether a parameter of this type takes such an argument. Structs of CUDA may have other names than those of Rust.
fn takes(of: &str, kind: Kind) -> bool {
    let c = |rust: &'static str| match rust {
        "f32" => "float",
        "usize" => "u64",
        other => other,
    };
    let span = of.strip_prefix("Span<").and_then(|of| of.strip_suffix('>'));
    match (span, kind) {
        (Some(_), Kind::Nothing) => true,
        (Some(element), Kind::Span { of, written }) => {
            let constant = element.strip_prefix("const ");
            // A kernel may read memory that can be written, but not write memory that can only be read.
            constant.unwrap_or(element) == c(of) && (written || constant.is_some())
        }
        // An enumeration is a number, too.
        (None, Kind::Number(of_argument)) => {
            of == c(of_argument) || (of_argument == "u32" && !["float", "u64", "i32", "int"].contains(&of))
        }
        (None, Kind::Struct) => !["float", "u32", "u64", "i32", "int"].contains(&of),
        (Some(_), Kind::Number(_) | Kind::Struct) | (None, Kind::Span { .. } | Kind::Nothing) => false,
    }
}

/// Returns the parameters that the file of the kernel, or a header of it, declares.
///
/// # Panics
/// If there is no such kernel.
fn parameters(kernel: &Kernel) -> Vec<Parameter> {
    let headers = kernel.source.headers();
    let texts: Vec<String> =
        std::iter::once(kernel.source).chain(headers).map(|source| without_comments(source.text)).collect();
    let declared = texts.iter().find_map(|text| declared_as(text, kernel.name));
    let declared = declared.or_else(|| {
        // A macro declares several kernels: its parameter stands for the name.
        let (name, place) = texts.iter().find_map(|text| named_in_macro(text, kernel.name))?;
        texts.iter().find_map(|text| {
            let parameter = macro_parameters(text, &name)?.get(place)?.clone();
            declared_as(&text[text.find(&format!("#define {name}("))?..], &parameter)
        })
    });
    declared.unwrap_or_else(|| panic!("no kernel {} in {}", kernel.name, kernel.source.name))
}

/// Removes comments and the ends of lines within macros.
fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end().trim_end_matches('\\'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the parts of what is in the parentheses that begin at the start of `text`, between its commas.
fn parts(text: &str) -> Option<Vec<String>> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match (c, depth) {
            ('(', 1) => {}
            (')', 0) => {
                return Some(parts.iter().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect());
            }
            (',', 1) => parts.push(String::new()),
            (c, _) => parts.last_mut()?.push(c),
        }
    }
    None
}

/// The ways in which files declare kernels, with the number of settings before the name.
const DECLARATIONS: [(&str, usize); 3] = [("KERNEL(", 0), ("KERNEL_OF(", 1), ("KERNEL_RESIDENT(", 2)];

/// Returns the parameters of the kernel with this name, if the text declares it.
fn declared_as(text: &str, name: &str) -> Option<Vec<Parameter>> {
    DECLARATIONS.iter().find_map(|(declaration, settings)| {
        text.match_indices(declaration).find_map(|(at, _)| {
            let parts = parts(&text[at + declaration.len() - 1..])?;
            (parts.get(*settings)? == name)
                .then(|| parts[settings + 1..].iter().flat_map(|part| parameter(part)).collect())
        })
    })
}

/// Splits a parameter into its type and its name, and marks what a macro adds.
fn parameter(part: &str) -> Vec<Parameter> {
    let (of, rest) = match part.find('>') {
        Some(end) if part.starts_with("Span<") => part.split_at(end + 1),
        _ => part.split_once(' ').unwrap_or((part, "")),
    };
    let mut words = rest.split_whitespace();
    let named = Parameter { of: of.trim().into(), name: words.next().unwrap_or_default().into() };
    let more = words.next().map(|of| Parameter { of: of.into(), name: MORE.into() });
    std::iter::once(named).chain(more).collect()
}

/// Returns the macro that is given this name of a kernel at the start of a line, and the place of the name among its arguments.
fn named_in_macro(text: &str, name: &str) -> Option<(String, usize)> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let from = at;
        at += line.len();
        let (called, _) =
            line.split_once('(').filter(|(called, _)| called.chars().all(|c| c.is_ascii_uppercase() || c == '_'))?;
        let place = parts(&text[from + called.len()..])?.iter().position(|argument| argument == name)?;
        Some((called.to_string(), place))
    })
}

/// Returns the names of the parameters of a macro, if the text defines it.
fn macro_parameters(text: &str, name: &str) -> Option<Vec<String>> {
    let definition = format!("#define {name}(");
    parts(&text[text.find(&definition)? + definition.len() - 1..])
}

#[cfg(test)]
mod tests {
    use super::super::extension::Extension;
    use super::super::kernel::{Parameters, Source};
    use super::*;

    static SOURCE: Source = Source {
        name: "test.cu",
        text: "\
            // KERNEL(two, u32 n, float by) in a comment is none.\n\
            KERNEL_OF(256, two, u32 n, float by, Span<const float> x,\n    Span<float> y) {}\n\
            #define BOTH(one_name, T) \\\n    KERNEL_RESIDENT(T::N, 4, one_name, Settings s, u64 n   \\\n        MORE_##T) {}\n\
            BOTH(one, Few)\n",
        includes: &[],
    };

    /// A kernel of this file with parameters of its own alone.
    const fn kernel(name: &'static str, names: &'static [&'static str]) -> Kernel {
        Kernel::new(&SOURCE, name, Parameters { extensions: &[], names })
    }

    fn argument(kind: Kind) -> Packing {
        Packing { word: 0, bytes: 0, kind }
    }

    const X: Kind = Kind::Span { of: "f32", written: false };
    const Y: Kind = Kind::Span { of: "f32", written: true };

    #[test]
    fn parameters_of_files_and_of_macros() {
        assert_parameters(&kernel("two", &["n", "by", "x", "y"]));
        // Further parameters are the macro's.
        assert_parameters(&kernel("one", &["s", "n", "more"]));
        let of: Vec<String> = parameters(&kernel("two", &[])).into_iter().map(|p| p.of).collect();
        assert_eq!(of, ["u32", "float", "Span<const float>", "Span<float>"]);
    }

    /// The parameters of an extension come first.
    #[test]
    fn parameters_of_an_extension() {
        static TEXT: &str = "KERNEL(extended, float below, Span<const float> kept, Span<float> y) {}";
        static SOURCE: Source = Source { name: "extended.cu", text: TEXT, includes: &[] };
        const PARAMETERS: Parameters = Parameters { extensions: &[(Extension::Slope, "y")], names: &["y"] };
        static EXTENDED: Kernel = Kernel::new(&SOURCE, "extended", PARAMETERS);
        assert_parameters(&EXTENDED);
        assert_arguments(&EXTENDED, &["y"], &[Kind::Number("f32"), Kind::Nothing, Y].map(argument));
    }

    #[test]
    fn arguments_of_these_types_are_taken() {
        static TWO: Kernel = kernel("two", &["n", "by", "x", "y"]);
        let numbers = [Kind::Number("u32"), Kind::Number("f32")];
        for [x, y] in [[X, Y], [Y, Y], [Kind::Nothing, Y]] {
            assert_arguments(&TWO, TWO.parameters.names, &[numbers[0], numbers[1], x, y].map(argument));
        }
    }

    /// Two arguments of one type in the wrong order have the names in the wrong order.
    #[test]
    #[should_panic(expected = "the parameters of the kernel two in test.cu")]
    fn exchanged_names_are_found() {
        assert_parameters(&kernel("two", &["n", "by", "y", "x"]));
    }

    #[test]
    #[should_panic(expected = "the launch of another kernel than two")]
    fn a_launch_of_another_kernel_is_found() {
        assert_arguments(&kernel("two", &["n", "by", "x", "y"]), &["n", "by", "y", "x"], &[]);
    }

    #[test]
    #[should_panic(expected = "two: the parameter `Span<float> y` gets")]
    fn what_may_only_be_read_is_not_written() {
        let arguments = [Kind::Number("u32"), Kind::Number("f32"), X, X].map(argument);
        let names = &["n", "by", "x", "y"];
        assert_arguments(&kernel("two", names), names, &arguments);
    }

    #[test]
    #[should_panic(expected = "two: the parameter `u32 n` gets")]
    fn numbers_of_one_size_are_not_exchanged() {
        let arguments = [Kind::Number("f32"), Kind::Number("u32"), X, Y].map(argument);
        let names = &["n", "by", "x", "y"];
        assert_arguments(&kernel("two", names), names, &arguments);
    }
}
