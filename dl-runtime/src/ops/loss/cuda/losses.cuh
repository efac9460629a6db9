// Every elementwise loss of an output y and a target t, in the order of table.rs: LOSS(name, value, derivative with
// respect to y, derivative with respect to t); a and b are the settings. The including file defines the macro LOSS.
LOSS(Bce, bce(logarithms(y), t), (y - t) / at_least(y * (1.0f - y), 1e-12f), logarithms(y).y - logarithms(y).x)
LOSS(BceWithLogits, bce_with_logits(y, t), sigmoid(y) - t, -y)
LOSS(Hinge, at_least(1.0f - y * t, 0.0f), hinge_derivative(y, t, -t), hinge_derivative(y, t, -y))
LOSS(Huber, huber(fabsf(y - t), a), clamp(y - t, -a, a), -clamp(y - t, -a, a))
LOSS(KlNormal, 0.5f * (y * y + (expm1f(t) - t)), y, 0.5f * expm1f(t))
LOSS(Mae, fabsf(y - t), sign(y - t), -sign(y - t))
LOSS(Mse, (y - t) * (y - t), 2.0f * (y - t), 2.0f * (t - y))
LOSS(SigmoidFocal, focal_value(focal(a, b, y, t)), focal_left(focal(a, b, y, t), t), focal_right(focal(a, b, y, t), y))
