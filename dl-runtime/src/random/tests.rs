//! Tests the generator against known answers of Random123, and the moments of its numbers against theory.

use super::{Purpose, Rng, normal, normal::quantile, philox, words};

#[test]
fn known_answers() {
    // The values are from kat_vectors of Random123: philox4x32 10.
    let cases = [
        ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
        ([!0; 4], [!0; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
        (
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
            [0xa4093822, 0x299f31d0],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
        ),
    ];
    for (counter, key, expected) in cases {
        let counter: [u32; 4] = counter;
        assert_eq!(philox(counter.map(|c| [c]), key), expected.map(|c: u32| [c]));
    }
}

#[test]
fn words_have_addresses() {
    let (seed, group) = (0x299f31d0_a4093822, u64::from(u32::MAX) / 16);
    let found = words(seed, 9, Purpose::Dropout, group);
    for (i, word) in found.into_iter().enumerate() {
        let counter = group * 16 + i as u64 % 16;
        let expected = philox([[counter as u32], [(counter >> 32) as u32], [9], [1]], [0xa4093822, 0x299f31d0]);
        assert_eq!(word, expected[i / 16][0]);
    }
}

#[test]
fn a_sequence_is_continued_where_it_was_left() {
    let mut rng = Rng::new(3);
    let drawn: Vec<u32> = (0..200).map(|_| rng.next_u32()).collect();
    for position in [0, 1, 63, 64, 65, 130] {
        assert_eq!(Rng::at(3, position as u64).next_u32(), drawn[position]);
    }
    assert_ne!(Rng::new(4).next_u32(), drawn[0]);
}

#[test]
fn fill_draws_whole_groups() {
    let mut rng = Rng::new(3);
    rng.next_u32();
    let mut values = [0.0; 70];
    rng.fill(&mut values, |word| word as f32);
    assert_eq!(rng.position(), 192);
    let mut same = Rng::at(3, 64);
    values.iter().for_each(|v| assert_eq!(*v, same.next_u32() as f32));
}

#[test]
fn below_is_uniform_and_a_shuffle_a_permutation() {
    let mut rng = Rng::new(11);
    let mut counts = [0; 7];
    (0..70_000).for_each(|_| counts[rng.below(7)] += 1);
    // Chi-squared with 6 degrees of freedom is below 22.5 with probability 0.999.
    let chi2: f64 = counts.iter().map(|&n| (f64::from(n) - 1e4).powi(2) / 1e4).sum();
    assert!(chi2 < 22.5, "{chi2}");
    assert_eq!((rng.below(0), rng.below(1)), (0, 0));
    let mut order: Vec<usize> = (0..100).collect();
    rng.shuffle(&mut order);
    assert!(order.iter().enumerate().any(|(i, &o)| i != o));
    order.sort_unstable();
    assert!(order.iter().enumerate().all(|(i, &o)| i == o));
}

#[test]
fn normal_quantiles() {
    // The values are from Python's statistics.NormalDist().inv_cdf.
    let cases = [
        (0.5, 0.0),
        (0.07, -1.4757910281791706),
        (0.9, 1.2815515655446008),
        (0.975, 1.9599639845400536),
        (1e-9, -5.9978070150076865),
        (1e-12, -7.034483835301132),
    ];
    for (p, expected) in cases {
        let found = quantile(p);
        assert!((found - expected).abs() <= 2e-7 * expected.abs(), "{p}: {found}, not {expected}");
    }
    assert!((normal(0) + 6.3379).abs() < 1e-3 && normal(0) == -normal(u32::MAX));
}

#[test]
fn normal_moments() {
    let (mut rng, n) = (Rng::new(5), 100_000);
    let values: Vec<f64> = (0..n).map(|_| f64::from(rng.normal())).collect();
    let moment = |k: i32| values.iter().map(|v| v.powi(k)).sum::<f64>() / f64::from(n);
    // The tolerance is four standard errors: 1/√n for the mean, √(2/n) for the variance, √(96/n) for the fourth moment.
    let bound = 4.0 / f64::from(n).sqrt();
    assert!(moment(1).abs() < bound);
    assert!((moment(2) - 1.0).abs() < bound * 2f64.sqrt());
    assert!((moment(4) - 3.0).abs() < bound * 96f64.sqrt());
}
