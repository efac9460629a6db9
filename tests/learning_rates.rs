//! Learning rates that depend on the loss: the plateau, also across checkpoints, and the search for a rate.

use dl::data::Dataset;
use dl::optim::schedule::{Exponential, Plateau};
use dl::pod::flat;
use dl::prelude::*;
use dl::train::{Ended, Epoch, RateSearch};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

model! {
    Net(image: [1, 8, 8]) -> [10] {
        image -> flatten -> dense(24) -> batch_norm -> relu -> dropout(0.3) -> dense(10)
    }

    Line(x: [1]) -> [1] { x -> dense(1) }
}

type Digits = Dataset<dl::Input<Net>, u32>;

fn digits() -> (Digits, Digits) {
    let (train, rest) = dl::data::digits().train.split_at(250);
    (train, rest.split_at(99).0)
}

fn bits<M: Model>(net: &M) -> Vec<u32> {
    flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

/// The learning rate of every epoch under a plateau without patience and cooldown, by the losses of the epochs before.
fn expected(epochs: &[Epoch], loss: impl Fn(&Epoch) -> f64) -> Vec<f64> {
    let (mut best, mut rate) = (f64::INFINITY, 0.01);
    let after = |epoch: &Epoch| {
        let now = rate;
        if loss(epoch) < best * 0.7 {
            best = loss(epoch)
        } else {
            rate *= 0.5
        }
        now
    };
    epochs.iter().map(after).collect()
}

#[test]
fn a_plateau_reduces_the_rate_and_survives_a_checkpoint() {
    let (train, test) = digits();
    let plateau = Plateau::default().factor(0.5).patience(0).threshold(0.3);
    let trainer = || Trainer::new(Adam::new(0.01)).loss(CrossEntropy).epochs(8).batch_size(32).plateau(plateau).quiet();
    let mut whole = Net::init(9);
    let history = trainer().validate(&test).fit(&mut whole, &train).unwrap();
    let rates: Vec<f64> = history.epochs.iter().map(|epoch| epoch.learning_rate).collect();
    assert_eq!(rates, expected(&history.epochs, |epoch| epoch.validation.as_ref().unwrap().loss));
    assert!(rates[7] < rates[0] && rates[1] == rates[0], "the rate falls, but not at once: {rates:?}");
    // Interrupted within the fourth epoch, and after its reduction at the end of the fifth (8 steps each).
    for stop in [27, 40] {
        let path = tempfile::tempdir().unwrap().keep().join("plateau.safetensors");
        let (flag, mut net) = (Arc::new(AtomicBool::new(false)), Net::init(9));
        let setter = flag.clone();
        let part = trainer().validate(&test).checkpoint(&path).interrupt(&flag);
        let mut part = part.on_step(move |step| setter.store(step.step == stop, Ordering::Relaxed));
        assert_eq!(part.fit(&mut net, &train).unwrap().ended, Ended::Interrupted);
        let mut net = Net::init(0);
        let resumed = trainer().validate(&test).resume(&path).fit(&mut net, &train).unwrap();
        assert_eq!(resumed.epochs.iter().map(|epoch| epoch.learning_rate).collect::<Vec<_>>(), rates);
        assert!(bits(&*net) == bits(&*whole));
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
    // Without a validation set it is the training loss; a schedule is a further factor.
    let history = trainer().schedule_by_epoch(Exponential::new(0.9)).fit(&mut Net::init(9), &train).unwrap();
    let expected = expected(&history.epochs, |epoch| epoch.train.loss);
    for (i, (epoch, expected)) in history.epochs.iter().zip(expected).enumerate() {
        // The rate of an epoch is that of its last step, seven eighths into it.
        let expected = expected * 0.9f64.powf(i as f64 + 0.875);
        assert!((epoch.learning_rate / expected - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_search_finds_a_rate_that_trains() {
    let (train, _) = digits();
    let trainer = |rate: f64| Trainer::new(Adam::new(rate)).loss(CrossEntropy).batch_size(32).seed(3).quiet();
    let net = Net::init(1);
    let search = RateSearch::default().between(1e-6, 100.0).steps(120);
    let curve = trainer(1e-3).find_learning_rate(&net, &train, search).unwrap();
    let n = curve.rates.len();
    assert!(n > 60 && n < 120, "the loss explodes at a rate between 0.01 and 100: {n} steps");
    assert!(curve.losses.len() == n && curve.smoothed.len() == n);
    for (i, rate) in curve.rates.iter().enumerate() {
        assert!((rate / 10f64.powf(-6.0 + 8.0 * i as f64 / 119.0) - 1.0).abs() < 1e-12);
        // The running mean, from its definition.
        let weights = (0..=i).map(|k| 0.98f64.powi((i - k) as i32));
        let sum: f64 = weights.clone().zip(&curve.losses).map(|(weight, loss)| weight * loss).sum();
        assert!((curve.smoothed[i] / (sum / weights.sum::<f64>()) - 1.0).abs() < 1e-9);
    }
    // The first losses are those of steps that hardly change the network: equal to those of a training without steps.
    let still = trainer(0.0).epochs(1).fit(&mut Net::init(1), &train).unwrap();
    let mean = curve.losses[..7].iter().sum::<f64>() / 7.0;
    assert!((mean / still.epochs[0].train.loss - 1.0).abs() < 0.05);
    let rate = curve.suggestion().unwrap();
    assert!((1e-4..0.3).contains(&rate), "{rate}");
    let loss = |rate| trainer(rate).epochs(3).fit(&mut Net::init(1), &train).unwrap().last().unwrap().train.loss;
    assert!(loss(rate) < 0.5 * loss(rate / 100.0), "the suggestion learns, and a much smaller rate hardly");
    assert_eq!(trainer(1e-3).find_learning_rate(&net, &train, search).unwrap(), curve);
    let svg = curve.chart().svg();
    assert!(svg.contains("search for the learning rate") && svg.contains("smoothed"));
    let path = tempfile::tempdir().unwrap();
    curve.plot_svg(path.path().join("rates.svg")).unwrap();
    assert_eq!(std::fs::read_to_string(path.path().join("rates.svg")).unwrap(), svg);
}

#[test]
fn a_search_ends_at_numbers_that_are_not_finite() {
    let data = Dataset::new(vec![[1e3f32]; 8], vec![[1.0f32]; 8]).unwrap();
    let trainer = Trainer::new(Sgd::new(0.1)).loss(Mse).batch_size(4).quiet();
    let search = RateSearch::default().between(1e-9, 1e30).steps(50);
    let curve = trainer.find_learning_rate(&Line::init(1), &data, search).unwrap();
    assert!(!curve.rates.is_empty() && curve.rates.len() < 50);
    assert!(curve.losses.iter().all(|loss| loss.is_finite()));
    let error = |search: RateSearch| trainer.find_learning_rate(&Line::init(1), &data, search).unwrap_err().to_string();
    let search = RateSearch::default();
    assert_eq!(error(search.between(0.0, 1.0)), "`low` of `RateSearch` is 0; it must be a finite number above 0");
    assert_eq!(error(search.between(0.1, 0.1)), "`high` of `RateSearch` is 0.1; it must be above `low`, 0.1");
    assert_eq!(error(search.steps(1)), "`steps` of `RateSearch` is 1; it must be a whole number of at least 2");
    // A curve without points draws, and suggests nothing.
    let empty = dl::train::RateCurve::default();
    assert_eq!(empty.suggestion(), None);
    assert!(empty.chart().svg().starts_with("<svg"));
}
