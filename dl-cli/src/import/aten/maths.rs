//! Arithmetic, activations, softmax and reductions.

use super::Lowering;
use super::arguments::number;
use super::emit::{float, int, text};
use crate::file::pt2::schema::{Argument, Node, Size};

impl Lowering<'_> {
    pub fn maths(&mut self, node: &Node, family: &str) -> Option<Vec<String>> {
        let result = self
            .arithmetic(node, family)
            .or_else(|| self.reduced(node, family))
            .or_else(|| self.activation(node, family));
        Some(vec![result?])
    }
    fn arithmetic(&mut self, node: &Node, family: &str) -> Option<String> {
        let operator = match family {
            "add" => "Add",
            "sub" | "rsub" => "Sub",
            "mul" => "Mul",
            "div" | "true_divide" => "Div",
            "maximum" => "Max",
            "minimum" => "Min",
            "pow" => "Pow",
            _ => return None,
        };
        let (first, second) = (&node.inputs.first()?.arg, &node.inputs.get(1)?.arg);
        let (mut a, mut b) = (self.operand(first)?, self.operand(second)?);
        if node.argument("rounding_mode").is_some() {
            return self.refuse("with rounding");
        }
        // Whole numbers are divided as others are.
        let alpha = node.number("alpha", 1.0)?;
        if alpha != 1.0 {
            let alpha = self.float(alpha);
            let scaled = if family == "rsub" { &mut a } else { &mut b };
            *scaled = self.emit("Mul", &[scaled, &alpha], Vec::new());
        }
        if family == "rsub" {
            std::mem::swap(&mut a, &mut b);
        }
        Some(self.emit(operator, &[&a, &b], Vec::new()))
    }
    fn reduced(&mut self, node: &Node, family: &str) -> Option<String> {
        let operator = match family {
            "mean" => "ReduceMean",
            "sum" => "ReduceSum",
            "amax" | "max" => "ReduceMax",
            _ => return None,
        };
        let (input, x) = (node.input()?, self.x(node)?);
        let axes: Vec<i64> =
            node.ints("dim")?.into_iter().map(|dim| self.dimension(input, dim)).collect::<Option<_>>()?;
        if axes.is_empty() {
            return self.refuse("over the batch");
        }
        let axes = self.list(&axes);
        Some(self.emit(operator, &[&x, &axes], vec![int("keepdims", i64::from(node.flag("keepdim", false)?))]))
    }
    fn activation(&mut self, node: &Node, family: &str) -> Option<String> {
        let x = self.x(node)?;
        let plain = match family {
            "relu" => "Relu",
            "sigmoid" => "Sigmoid",
            "tanh" => "Tanh",
            "selu" => "Selu",
            "mish" => "Mish",
            "hardswish" => "HardSwish",
            "exp" => "Exp",
            "log" => "Log",
            "sqrt" => "Sqrt",
            "abs" => "Abs",
            "neg" => "Neg",
            "reciprocal" => "Reciprocal",
            "erf" => "Erf",
            "sin" => "Sin",
            "cos" => "Cos",
            "isnan" => "IsNaN",
            _ => "",
        };
        if !plain.is_empty() {
            return Some(self.emit(plain, &[&x], Vec::new()));
        }
        match family {
            "gelu" => Some(self.emit("Gelu", &[&x], vec![text("approximate", &node.text("approximate", "none")?)])),
            "silu" => {
                let sigmoid = self.emit("Sigmoid", &[&x], Vec::new());
                Some(self.emit("Mul", &[&x, &sigmoid], Vec::new()))
            }
            "hardsigmoid" => Some(self.emit("HardSigmoid", &[&x], vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)])),
            "leaky_relu" => {
                Some(self.emit("LeakyRelu", &[&x], vec![float("alpha", node.number("negative_slope", 0.01)?)]))
            }
            "elu" if node.number("scale", 1.0)? == 1.0 && node.number("input_scale", 1.0)? == 1.0 => {
                Some(self.emit("Elu", &[&x], vec![float("alpha", node.number("alpha", 1.0)?)]))
            }
            "softplus" if node.number("beta", 1.0)? == 1.0 => Some(self.emit("Softplus", &[&x], Vec::new())),
            "log_sigmoid" => {
                let minus = self.emit("Neg", &[&x], Vec::new());
                let softplus = self.emit("Softplus", &[&minus], Vec::new());
                Some(self.emit("Neg", &[&softplus], Vec::new()))
            }
            "rsqrt" => {
                let root = self.emit("Sqrt", &[&x], Vec::new());
                Some(self.emit("Reciprocal", &[&root], Vec::new()))
            }
            "square" => {
                let two = self.float(2.0);
                Some(self.emit("Pow", &[&x, &two], Vec::new()))
            }
            "relu6" => self.clipped(&x, Some(&Argument::Int(Size::Known(0))), Some(&Argument::Int(Size::Known(6)))),
            "hardtanh" => {
                let (low, high) = (Argument::Int(Size::Known(-1)), Argument::Int(Size::Known(1)));
                self.clipped(&x, node.argument("min_val").or(Some(&low)), node.argument("max_val").or(Some(&high)))
            }
            "clamp" | "clip" => self.clipped(&x, node.argument("min"), node.argument("max")),
            "clamp_min" => self.clipped(&x, node.argument("min"), None),
            "clamp_max" => self.clipped(&x, None, node.argument("max")),
            "softmax" | "_softmax" | "_safe_softmax" => self.softmax(node, &x, "Softmax"),
            "log_softmax" | "_log_softmax" => self.softmax(node, &x, "LogSoftmax"),
            _ => None,
        }
    }
    fn clipped(&mut self, x: &str, low: Option<&Argument>, high: Option<&Argument>) -> Option<String> {
        let low = low.map_or(Some(f32::MIN.into()), number)?;
        let high = high.map_or(Some(f32::MAX.into()), number)?;
        let (low, high) = (self.float(low), self.float(high));
        Some(self.emit("Clip", &[x, &low, &high], Vec::new()))
    }
    fn softmax(&mut self, node: &Node, x: &str, operator: &str) -> Option<String> {
        let axis = self.dimension(node.input()?, node.int("dim", -1)?)?;
        Some(self.emit(operator, &[x], vec![int("axis", axis)]))
    }
}
