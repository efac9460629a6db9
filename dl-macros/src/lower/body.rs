//! Lowers the body of a model to its outputs, and reports unused names.

use super::{Lowered, Lowering, header};
use crate::ast;
use crate::ir::ValueId;

impl Lowering<'_> {
    /// Reports unused names from binding `first` on, of which the first `inputs` are inputs.
    pub(super) fn unused(&self, first: usize, inputs: usize) {
        // After another mistake, the use may be in a part that was skipped.
        if self.model.broken || self.diagnostics.count() > self.before {
            return;
        }
        for (i, binding) in self.bindings.iter().enumerate().skip(first).filter(|(_, binding)| !binding.used) {
            let name = &binding.name;
            let what = if i < first + inputs { "the input " } else { "" };
            self.error(name.span(), format!("{what}`{name}` is never used"));
        }
    }

    /// Lowers the body of the model and returns its outputs.
    pub(super) fn body(&mut self, model: &ast::Model, header: &header::Header) -> Vec<ValueId> {
        let lowered = self.statements(&model.body, None);
        let Some((lowered, output)) = lowered.zip(model.body.output.as_ref()) else { return Vec::new() };
        let outputs = self.outputs_of(model, header, lowered, output);
        // The loss may use other names; they are checked after it.
        if model.loss.is_none() {
            self.unused(0, model.inputs.len());
        }
        outputs
    }

    /// Returns the outputs from the value of the body's last expression.
    fn outputs_of(
        &mut self,
        model: &ast::Model,
        header: &header::Header,
        lowered: Lowered,
        output: &ast::Expr,
    ) -> Vec<ValueId> {
        let values = match lowered {
            Lowered::Several(values) => values.into_iter().map(Lowered::Value).collect(),
            lowered => vec![lowered],
        };
        let broken = matches!(values.as_slice(), [Lowered::Value(id)] if self.values[*id].shape.is_none());
        if header.outputs.len() != values.len() && header.valid {
            let names: Vec<String> = header.outputs.iter().map(|(name, ..)| name.to_string()).collect();
            let message = match names.len() {
                1 => {
                    "one output is declared, and this is several; several have names: `-> (mean: [20], variance: [20])`"
                        .to_owned()
                }
                n => format!("{n} outputs are declared; end the body with as many values: `({})`", names.join(", ")),
            };
            if !broken && !model.broken {
                self.diagnostics.error_between(output.start, output.end, message);
            }
            return Vec::new();
        }
        let mut outputs = Vec::new();
        for lowered in values {
            let id = match lowered {
                Lowered::Value(id) => id,
                _ => {
                    let message = format!("the output must be a value of the network, and `{output}` is a number");
                    self.diagnostics.error_between(output.start, output.end, message);
                    continue;
                }
            };
            let nothing = id < model.inputs.len() && header.outputs.len() == 1 && !model.is_loss;
            if !model.broken && nothing {
                let message = format!("the body does nothing with `{output}`; add a layer: `{output} -> dense(10)`");
                self.diagnostics.error_between(output.start, output.end, message);
            }
            // An output is a value of its own: an input, or a value that already is an output, is copied.
            let taken = id < model.inputs.len() || outputs.contains(&id);
            outputs.push(if taken { self.copied(id, output.start) } else { id });
        }
        outputs
    }
}
