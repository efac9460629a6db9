//! Learning rate schedules against PyTorch's, step by step.

mod common;

use common::{Fixture, PASS, agree};
use dl::optim::schedule::{Constant, Cosine, Exponential, OneCycle, Schedule, Step, WarmUp};

#[test]
fn rates_of_twenty_steps() {
    let fixture = Fixture::open("schedules.safetensors");
    let check = |name: &str, schedule: &dyn Schedule| {
        let rates: Vec<f32> = (0..20).map(|step| (0.1 * schedule.factor(f64::from(step))) as f32).collect();
        agree(name, &rates, &fixture.floats(name), PASS);
    };
    check("constant", &Constant);
    check("step", &Step::every(6.0).gamma(0.3));
    check("exponential", &Exponential::new(0.9));
    check("cosine", &Cosine::over(20.0).floor(0.01));
    check("warm_up", &WarmUp::over(5.0).from(0.2));
    check("warm_up_cosine", &WarmUp::over(5.0).from(0.2).then(Cosine::over(15.0)));
    check("one_cycle", &OneCycle::over(20.0));
    check("one_cycle_settings", &OneCycle::over(20.0).rise(0.25).divisors(10.0, 100.0));
}
