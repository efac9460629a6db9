//! Learning rate schedules against PyTorch's, step by step.

mod common;

use common::{Fixture, PASS, agree};
use dl::optim::schedule::{
    Constant, Cosine, Exponential, OneCycle, Plateau, PlateauState, Polynomial, Schedule, Step, WarmRestarts, WarmUp,
};

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
    check("polynomial", &Polynomial::over(15.0).power(2.0));
    check("warm_restarts", &WarmRestarts::every(5.0));
    check("warm_restarts_multiple", &WarmRestarts::every(3.0).multiple(2.0).floor(0.1));
    let last = Exponential::new(0.8).until(6.0, Polynomial::over(6.0));
    check("sequence", &Step::every(4.0).gamma(0.5).until(6.0, last));
    check("chained", &Exponential::new(0.9).times(Step::every(6.0).gamma(0.3)));
}

#[test]
fn rates_after_the_losses_of_twenty_epochs() {
    let fixture = Fixture::open("schedules.safetensors");
    let losses = fixture.floats("plateau/losses");
    let check = |name: &str, plateau: Plateau| {
        let mut state = PlateauState::default();
        let rates = losses.iter().map(|loss| (0.1 * plateau.observe(f64::from(*loss), &mut state)) as f32);
        agree(name, &rates.collect::<Vec<_>>(), &fixture.floats(name), PASS);
    };
    check("plateau", Plateau::default().patience(2));
    check("plateau_cooldown", Plateau::default().factor(0.5).patience(1).threshold(1e-3).cooldown(2));
    check("plateau_floor", Plateau::default().factor(0.3).patience(0).floor(0.2));
}
