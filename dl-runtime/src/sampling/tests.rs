//! Distributions against the formulas in `f64`, written as `transformers` has them; frequencies of many draws; settings and bad logits.

use super::*;
use proptest::prelude::*;

/// Tokens with their probabilities, by number: temperature, top-k and top-p, each on the softmax of what the one before left.
fn reference(logits: &[f32], temperature: f64, k: usize, p: f64) -> Vec<(u32, f64)> {
    let softmax = |left: &[(u32, f64)]| {
        let most = left.iter().map(|(_, x)| *x).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = left.iter().map(|(_, x)| (x - most).exp()).sum();
        left.iter().map(|(token, x)| (*token, (x - most).exp() / sum)).collect::<Vec<_>>()
    };
    let scores = logits.iter().map(|x| f64::from(*x) / temperature).enumerate();
    let mut left: Vec<(u32, f64)> =
        scores.map(|(i, x)| (i as u32, x)).filter(|(_, x)| *x > f64::NEG_INFINITY).collect();
    // A stable sort: equal ones stay in order of tokens.
    left.sort_by(|a, b| b.1.total_cmp(&a.1));
    left.truncate(k);
    // As `TopPLogitsWarper`: from the least probable up, those go whose cumulative probability is at most 1 - p, but for one.
    let mut cumulative = 0.0;
    let gone = softmax(&left).into_iter().rev().take_while(|(_, q)| {
        cumulative += q;
        p < 1.0 && cumulative <= 1.0 - p
    });
    let gone = gone.count().min(left.len() - 1);
    left.truncate(left.len() - gone);
    let mut left = softmax(&left);
    left.sort_by_key(|(token, _)| *token);
    left
}

fn found(sampler: &mut Sampler, logits: &[f32]) -> Vec<(u32, f64)> {
    let candidates = sampler.distribution(logits).unwrap();
    let mut found: Vec<_> = candidates.iter().map(|candidate| (candidate.token, candidate.probability)).collect();
    found.sort_by_key(|(token, _)| *token);
    found
}

fn tokens(sampler: Sampler, logits: &[f32]) -> Vec<u32> {
    let mut sampler = sampler;
    sampler.distribution(logits).unwrap().iter().map(|candidate| candidate.token).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn distributions_are_those_of_the_formulas(
        logits in prop::collection::vec(prop_oneof![8 => -20.0_f32..20.0, 1 => Just(f32::NEG_INFINITY)], 1..50),
        temperature in 0.05..5.0_f64,
        k in 1..60_usize,
        p in prop_oneof![4 => 0.0..1.0_f64, 1 => Just(1.0)],
    ) {
        prop_assume!(logits.iter().any(|logit| *logit > f32::NEG_INFINITY));
        for (sampler, k, p) in [
            (Sampler::new(1).top_k(k).top_p(p), k, p),
            (Sampler::new(1).top_k(k), k, 1.0),
            (Sampler::new(1).top_p(p), usize::MAX, p),
            (Sampler::new(1), usize::MAX, 1.0),
        ] {
            let found = found(&mut sampler.temperature(temperature), &logits);
            let expected = reference(&logits, temperature, k, p);
            prop_assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert_eq!(found.0, expected.0);
                prop_assert!((found.1 - expected.1).abs() < 1e-13);
            }
        }
    }
}

#[test]
fn equal_logits_are_cut_from_the_highest_token_down() {
    // Exact sums: weights of 1 at the largest logit, and almost 0 elsewhere.
    let logits = [0.0, 5e4, -1.0, 5e4, 5e4, 5e4, f32::NEG_INFINITY];
    for (k, left) in [(1, &[1][..]), (2, &[1, 3]), (3, &[1, 3, 4]), (4, &[1, 3, 4, 5]), (5, &[1, 3, 4, 5, 0])] {
        assert_eq!(tokens(Sampler::new(1).top_k(k), &logits), left);
    }
    // A quarter each: a sum of exactly p is enough.
    for (p, left) in
        [(0.0, &[1][..]), (0.25, &[1]), (0.26, &[1, 3]), (0.5, &[1, 3]), (0.75, &[1, 3, 4]), (0.76, &[1, 3, 4, 5])]
    {
        assert_eq!(tokens(Sampler::new(1).top_p(p), &logits), left, "{p}");
        assert_eq!(tokens(Sampler::new(1).top_k(6).top_p(p), &logits), left, "{p}");
    }
    // Top-k leaves two tokens with a half each, and top-p comes after it.
    assert_eq!(tokens(Sampler::new(1).top_k(2).top_p(0.5), &logits), [1]);
    assert_eq!(tokens(Sampler::new(1).top_k(2).top_p(0.51), &logits), [1, 3]);
    // With 1 nothing is cut, however improbable; what is impossible never counts.
    assert_eq!(tokens(Sampler::new(1).top_k(6), &logits), [1, 3, 4, 5, 0, 2]);
    assert_eq!(tokens(Sampler::new(1).top_k(9), &logits), [0, 1, 2, 3, 4, 5]);
    assert_eq!(tokens(Sampler::new(1).top_k(1), &[-0.0, 0.0, -0.0]), [0]);
    assert_eq!(tokens(Sampler::new(1).top_k(1), &[-1.0, 0.0, -0.0]), [1]);
}

#[test]
fn frequencies_are_probabilities() {
    let logits = [0.3, -1.2, 2.0, f32::NEG_INFINITY, 1.1, 2.0, -3.0, 0.0];
    let draws = 100_000;
    for (seed, k, p) in [(1, usize::MAX, 1.0), (2, 5, 1.0), (3, usize::MAX, 0.9), (4, 5, 0.8)] {
        let mut sampler = Sampler::new(seed).temperature(0.9).top_k(k).top_p(p);
        let mut counts = [0; 8];
        (0..draws).for_each(|_| counts[sampler.sample(&logits).unwrap() as usize] += 1);
        let expected = reference(&logits, 0.9, k, p);
        for (token, count) in (0..).zip(counts) {
            let q = expected.iter().find(|(of, _)| *of == token).map_or(0.0, |(_, q)| *q);
            let n = f64::from(draws);
            // Four standard deviations of the binomial distribution.
            let bound = 4.0 * (n * q * (1.0 - q)).sqrt();
            assert!((f64::from(count) - n * q).abs() <= bound, "token {token}: {count}, not {}", n * q);
        }
    }
}

#[test]
fn a_seed_gives_the_same_tokens() {
    let logits: Vec<f32> = (0..100_u32).map(|i| (i * 37 % 100) as f32 / 25.0).collect();
    let draw = |seed, settings: fn(Sampler) -> Sampler| {
        let mut sampler = settings(Sampler::new(seed));
        (0..12).map(|_| sampler.sample(&logits).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(draw(7, |s| s), draw(7, |s| s));
    assert_ne!(draw(7, |s| s), draw(8, |s| s));
    // From a script in Python, which has Philox, `math.exp` and the cuts once more.
    assert_eq!(draw(7, |s| s), PLAIN);
    assert_eq!(draw(7, |s| s.temperature(0.5).top_k(20).top_p(0.9)), CUT);
}
const PLAIN: [u32; 12] = [95, 2, 27, 81, 2, 75, 31, 24, 75, 2, 98, 46];
const CUT: [u32; 12] = [5, 27, 81, 97, 27, 70, 8, 81, 70, 27, 32, 62];

#[test]
fn greedy_takes_the_first_of_the_largest() {
    for (logits, token) in
        [(&[0.5, 2.0, 2.0, 1.0][..], 1), (&[-0.0, 0.0], 0), (&[f32::NEG_INFINITY, -3e38], 1), (&[7.0], 0)]
    {
        assert_eq!(Sampler::greedy().sample(logits).unwrap(), token);
        // A temperature near 0 is the same, where nothing is equal.
        if logits.len() != 4 && logits[0] != 0.0 {
            assert_eq!(Sampler::new(1).temperature(5e-324).sample(logits).unwrap(), token);
        }
    }
    assert_eq!(found(&mut Sampler::greedy().top_k(2), &[1.0, 2.0]), [(1, 1.0)]);
}

#[test]
fn extreme_logits_and_temperatures_stay_distributions() {
    let logits = [f32::MAX, f32::MIN, 0.0, f32::MAX];
    for temperature in [5e-324, 1e-30, 1.0, 1e30, f64::from(f32::MAX)] {
        for sampler in [Sampler::new(1), Sampler::new(1).top_p(0.99), Sampler::new(1).top_k(3).top_p(0.5)] {
            let found = found(&mut sampler.temperature(temperature), &logits);
            let sum: f64 = found.iter().map(|(_, q)| q).sum();
            assert!(found.iter().all(|(_, q)| q.is_finite()) && (sum - 1.0).abs() < 1e-12, "{temperature}: {found:?}");
        }
    }
}

#[test]
fn nothing_is_allocated_after_the_first_call() {
    let logits: Vec<f32> = (0..1000_u32).map(|i| (i * 7919 % 1000) as f32 / 100.0).collect();
    let masked: Vec<f32> = logits.iter().map(|logit| if *logit > 1.0 { f32::NEG_INFINITY } else { *logit }).collect();
    for sampler in
        [Sampler::new(1), Sampler::new(1).top_k(40), Sampler::new(1).top_p(0.9), Sampler::new(1).top_k(40).top_p(0.9)]
    {
        let mut sampler = sampler;
        sampler.sample(&masked).unwrap();
        let memory = |sampler: &Sampler| {
            (
                sampler.left.as_ptr(),
                sampler.left.capacity(),
                sampler.ranked.as_slice().as_ptr(),
                sampler.ranked.capacity(),
            )
        };
        let before = memory(&sampler);
        for logits in [&logits, &masked, &vec![0.0; 1000]] {
            sampler.sample(logits).unwrap();
            assert_eq!(memory(&sampler), before);
        }
    }
}

#[test]
fn bad_logits_are_errors() {
    for mut sampler in [Sampler::greedy(), Sampler::new(1), Sampler::new(1).top_k(2).top_p(0.5)] {
        let mut told = |logits: &[f32]| sampler.sample(logits).unwrap_err().to_string();
        let range = "logits must be finite numbers, or -inf for tokens that are never drawn";
        assert_eq!(told(&[1.0, f32::NAN, f32::NAN]), format!("the logit of token 1 is NaN; {range}"));
        assert_eq!(told(&[f32::NEG_INFINITY, 1.0, f32::INFINITY]), format!("the logit of token 2 is inf; {range}"));
        assert_eq!(told(&[f32::NEG_INFINITY; 3]), "no token can be drawn: all 3 logits are -inf");
        assert_eq!(told(&[]), "the list of logits is empty");
        assert!(sampler.sample(&[0.0]).is_ok());
    }
}

#[test]
fn settings_are_checked() {
    let told = |sampler: Sampler| {
        let mut sampler = sampler;
        let error = sampler.check().unwrap_err().to_string();
        assert_eq!(sampler.sample(&[0.0]).unwrap_err().to_string(), error);
        error
    };
    let above = "it must be a finite number above 0";
    assert_eq!(told(Sampler::new(1).temperature(0.0)), format!("`temperature` of `Sampler` is 0; {above}"));
    assert_eq!(told(Sampler::new(1).temperature(f64::NAN)), format!("`temperature` of `Sampler` is NaN; {above}"));
    assert_eq!(told(Sampler::greedy().temperature(-1.0)), format!("`temperature` of `Sampler` is -1; {above}"));
    assert_eq!(told(Sampler::new(1).top_p(1.1)), "`top_p` of `Sampler` is 1.1; it must be from 0 to 1");
    assert_eq!(told(Sampler::new(1).top_p(f64::NAN)), "`top_p` of `Sampler` is NaN; it must be from 0 to 1");
    assert_eq!(told(Sampler::new(1).top_k(0)), "`top_k` of `Sampler` is 0; it must be a whole number of at least 1");
}

/// The next token is the sum of the last two, modulo 10.
fn sums(tokens: &[u32]) -> [f32; 10] {
    let mut logits = [0.0; 10];
    logits[(tokens.iter().rev().take(2).sum::<u32>() % 10) as usize] = 1.0;
    logits
}

#[test]
fn generation_gives_every_token_to_the_model_and_ends_at_its_bound() {
    let mut sampler = Sampler::greedy();
    let mut text = sampler.generate(&[1, 1], 5, sums);
    assert_eq!(text.by_ref().map(Result::unwrap).collect::<Vec<_>>(), [2, 3, 5, 8, 3]);
    assert_eq!((text.tokens(), text.stopped_by()), (&[1, 1, 2, 3, 5, 8, 3][..], None));
    assert!(text.next().is_none());
    assert_eq!(sampler.generate(&[1], 0, sums).count(), 0);
}

#[test]
fn generation_ends_at_a_stop_or_an_error() {
    let mut sampler = Sampler::greedy();
    let mut text = sampler.generate(&[1, 1], usize::MAX, sums).stop_at([9]).stop_at([8, 7]);
    assert_eq!(text.by_ref().map(Result::unwrap).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!((text.tokens(), text.stopped_by()), (&[1, 1, 2, 3, 5][..], Some(8)));
    assert!(text.next().is_none());

    // Errors of the model and of its logits come once.
    let failing = |tokens: &[u32]| match tokens.len() {
        0 => Ok(vec![0.0, 1.0]),
        1 => Ok(vec![f32::NAN]),
        _ => Err(Error::Memory { wanted: 1 }),
    };
    for (first, before, message) in [(&[][..], 1, "the logit of token 0 is NaN"), (&[0, 0], 0, "out of memory")] {
        let mut text = sampler.generate(first, 9, failing);
        assert!((0..before).all(|_| text.next().unwrap().is_ok()));
        assert!(text.next().unwrap().unwrap_err().to_string().starts_with(message));
        assert!(text.next().is_none());
    }
}

#[test]
fn a_loop_of_ones_own_draws_the_same() {
    let mut tokens = vec![1, 1];
    let mut sampler = Sampler::new(3).temperature(0.3);
    for _ in 0..50 {
        let token = sampler.sample(&sums(&tokens)).unwrap();
        tokens.push(token);
    }
    let mut sampler = Sampler::new(3).temperature(0.3);
    let mut text = sampler.generate(&[1, 1], 50, |tokens| Box::new(sums(tokens)));
    assert_eq!(text.by_ref().count(), 50);
    assert_eq!(text.tokens(), tokens);
}
