//! Sizes at run time, and tensors that no sample flows into: ranges, constants and masks.

use super::Lowering;
use super::arguments::number;
use super::emit::int;
use crate::file::pt2::schema::{Argument, Node, Size};
use dl_onnx::tensor_proto::DataType;

impl Lowering<'_> {
    pub fn numbers(&mut self, node: &Node, family: &str, overload: &str) -> Option<Vec<String>> {
        let binary = match family {
            "_operator.add" => "Add",
            "_operator.sub" => "Sub",
            "_operator.mul" => "Mul",
            "_operator.floordiv" => "Div",
            "_operator.mod" => "Mod",
            "eq" | "ne" => "Equal",
            "lt" => "Less",
            "le" => "LessOrEqual",
            "gt" => "Greater",
            "ge" => "GreaterOrEqual",
            "logical_and" | "bitwise_and" | "__and__" => "And",
            "logical_or" | "bitwise_or" | "__or__" => "Or",
            _ => return Some(vec![self.number(node, family, overload)?]),
        };
        // Python's operators have arguments `a` and `b`; lists of sizes are what both are.
        let operand = |lowering: &mut Self, at: usize| lowering.operand(&node.inputs.get(at)?.arg);
        let (a, b) = (operand(self, 0)?, operand(self, 1)?);
        let result = self.emit(binary, &[&a, &b], Vec::new());
        Some(vec![if family == "ne" { self.emit("Not", &[&result], Vec::new()) } else { result }])
    }
    /// Returns a tensor, or a number as one.
    pub fn operand(&mut self, argument: &Argument) -> Option<String> {
        match argument {
            Argument::Tensor(name) => self.of(name),
            Argument::Int(size @ Size::Name(_)) => self.list_of(&Argument::Int(size.clone())),
            Argument::Int(Size::Known(number)) => Some(self.whole(*number)),
            other => number(other).map(|number| self.float(number)),
        }
    }
    fn number(&mut self, node: &Node, family: &str, overload: &str) -> Option<String> {
        match family {
            "sym_size" => {
                let (input, x) = (node.input()?, self.x(node)?);
                let dimension = self.dimension(input, node.int("dim", 0)?)?;
                Some(self.emit("Shape", &[&x], vec![int("start", dimension), int("end", dimension + 1)]))
            }
            "arange" => {
                let end = self.operand(node.argument("end")?)?;
                let (start, step) = match overload {
                    "default" => (self.whole(0), self.whole(1)),
                    _ => {
                        let start = node.argument("start").cloned().unwrap_or(Argument::Int(Size::Known(0)));
                        let step = node.argument("step").cloned().unwrap_or(Argument::Int(Size::Known(1)));
                        (self.operand(&start)?, self.operand(&step)?)
                    }
                };
                Some(self.emit("Range", &[&start, &end, &step], Vec::new()))
            }
            "zeros" | "ones" | "full" | "new_zeros" | "new_ones" | "new_full" => {
                let shape = self.list_of(node.argument("size")?)?;
                self.filled(node, family, &shape)
            }
            "zeros_like" | "ones_like" | "full_like" => {
                let x = self.x(node)?;
                let shape = self.emit("Shape", &[&x], Vec::new());
                self.filled(node, family, &shape)
            }
            "scalar_tensor" => self.operand(node.argument("s")?),
            "tril" | "triu" => {
                let x = self.x(node)?;
                let diagonal = self.whole(node.int("diagonal", 0)?);
                Some(self.emit("Trilu", &[&x, &diagonal], vec![int("upper", i64::from(family == "triu"))]))
            }
            "cumsum" => {
                let (input, x) = (node.input()?, self.x(node)?);
                let axis = self.dimension(input, node.int("dim", 0)?)?;
                let axis = self.whole(axis);
                Some(self.emit("CumSum", &[&x, &axis], Vec::new()))
            }
            "logical_not" | "bitwise_not" => {
                let x = self.x(node)?;
                Some(self.emit("Not", &[&x], Vec::new()))
            }
            "where" => {
                let (kept, a) = (self.of(node.tensor("condition")?)?, self.operand(node.first(&["input", "self"])?)?);
                let b = self.operand(node.argument("other")?)?;
                Some(self.emit("Where", &[&kept, &a, &b], Vec::new()))
            }
            "masked_fill" => {
                let (x, mask) = (self.x(node)?, self.of(node.tensor("mask")?)?);
                let value = self.operand(node.argument("value")?)?;
                let kept = self.emit("Not", &[&mask], Vec::new());
                Some(self.emit("Where", &[&kept, &x, &value], Vec::new()))
            }
            _ => None,
        }
    }
    fn filled(&mut self, node: &Node, family: &str, shape: &str) -> Option<String> {
        let value = match family {
            "zeros" | "new_zeros" | "zeros_like" => 0.0,
            "ones" | "new_ones" | "ones_like" => 1.0,
            _ => number(node.argument("fill_value")?)?,
        };
        let result = node.results().first().copied()?;
        let float = [DataType::Float, DataType::Double, DataType::Float16, DataType::Bfloat16];
        let value =
            if float.iter().any(|kind| self.is(result, *kind)) { self.float(value) } else { self.whole(value as i64) };
        // The type of a mask is that of whole numbers here.
        Some(self.emit("Expand", &[&value, shape], Vec::new()))
    }
}
