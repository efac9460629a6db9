//! Forecasts of a time series: `cargo run --release --example forecast -- --data DIR`.
//!
//! An LSTM (Hochreiter and Schmidhuber, "Long short-term memory", 1997) and a GRU (Cho et al., "Learning phrase representations using
//! RNN encoder-decoder for statistical machine translation", 2014) forecast the next day's lowest temperature in Melbourne, which was
//! written down from 1981 to 1990. DIR has `daily-min-temperatures.csv` of github.com/jbrownlee/Datasets. They learn from windows of
//! the first eight years. In the last two, each day is shown to them with `step` when it is over, as a running station would do it. Prints
//! the root mean squared error in °C beside that of the naive forecast (as today, so tomorrow), and draws some weeks.

use clap::Parser;
use common::data::{folder_or_skip, series};
use dl::Steps;
use dl::data::{Dataset, Normalizer, windows};
use dl::optim::schedule::Cosine;
use dl::plot::Chart;
use dl::prelude::*;
use std::path::PathBuf;

const FILE: &str = "daily-min-temperatures.csv";
/// Days of the file for training: eight years.
const TRAIN: usize = 8 * 365;
/// Days of a window.
const WINDOW: usize = 60;
/// Days that are drawn.
const DRAWN: usize = 90;

/// A day: its lowest temperature.
type Day = [f32; 1];

model! {
    /// Tells for every day what the next one will be like.
    pub Lstm(days: [.., 1]) -> [.., 1] { days -> lstm(32) -> dense(1) }

    /// The same with a state half as large.
    pub Gru(days: [.., 1]) -> [.., 1] { days -> gru(32) -> dense(1) }
}

/// Forecasts temperatures with an LSTM and a GRU
#[derive(Parser)]
struct Options {
    /// Folder with `daily-min-temperatures.csv`
    #[arg(long)]
    data: Option<PathBuf>,
    /// SVG file to draw
    #[arg(long, default_value = "forecast.svg")]
    plot: PathBuf,
    /// How often all windows are seen
    #[arg(long, default_value_t = 15)]
    epochs: usize,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let folder = folder_or_skip(options.data.as_deref(), &[FILE]);
    let mut days: Vec<Day> = series(&folder.join(FILE))?.into_iter().map(|degrees| [degrees]).collect();
    if days.len() <= TRAIN {
        println!("SKIP: {FILE} has {} days, and {TRAIN} are for training", days.len());
        return Ok(());
    }
    let truth = days[TRAIN..].to_vec();
    // The day before each of them.
    let naive = days[TRAIN - 1..days.len() - 1].to_vec();

    // With mean 0 and deviation 1, as measured on the training part alone: the rest is the future.
    let normalizer = Normalizer::per_feature(&days[..TRAIN])?;
    normalizer.apply(&mut days);
    let (past, future) = days.split_at(TRAIN);
    let data = windows(past, WINDOW, 5)?;
    let mut lstm = forecasts(&*fit::<Lstm>(&data, options.epochs)?, past, future)?;
    let mut gru = forecasts(&*fit::<Gru>(&data, options.epochs)?, past, future)?;
    normalizer.undo(&mut lstm);
    normalizer.undo(&mut gru);

    let mut chart = Chart::new("Lowest temperature of a day").axes("day", "°C");
    for (name, days) in [("measured", &truth), ("lstm", &lstm), ("gru", &gru)] {
        let points = days.iter().take(DRAWN).enumerate();
        chart = chart.line(name, points.map(|(day, [degrees])| (day as f64, f64::from(*degrees))));
    }
    chart.save(&options.plot)?;
    println!("drawn to {}", options.plot.display());
    println!("root mean squared error in °C of {} days that were not learned from:", truth.len());
    let [lstm, gru, naive] = [lstm, gru, naive].map(|forecasts| error(&forecasts, &truth));
    println!("test error: lstm {lstm:.3}, gru {gru:.3}, naive {naive:.3}");
    Ok(())
}

/// Trains a model to tell the next day of each day of the windows.
fn fit<M>(data: &Dataset<Vec<Day>, Vec<Day>>, epochs: usize) -> dl::Result<Box<M>>
where
    M: Model<Input = Vec<Day>, Output = Vec<Day>>,
{
    println!("{}", M::summary());
    let mut net = M::init(42);
    let trainer = Trainer::new(Adam::new(5e-3)).loss(Mse).epochs(epochs).clip(Clip::Norm(1.0));
    trainer.schedule_by_epoch(Cosine::over(epochs as f64)).fit(&mut net, data)?;
    Ok(net)
}

/// Forecasts every day of the future from all days before it.
fn forecasts<M>(net: &M, past: &[Day], future: &[Day]) -> dl::Result<Vec<Day>>
where
    M: Steps<Input = Vec<Day>, Output = Vec<Day>>,
{
    let mut session = net.session(Cpu::new(), 1)?;
    let mut station = session.state(1, past.len() + future.len())?;
    let mut next = [Vec::new()];
    // The whole past at once; then one day after the other, without going back to those before.
    session.step(&mut station, &[past.to_vec()], &mut next)?;
    let mut forecasts = Vec::with_capacity(future.len());
    for day in future {
        forecasts.extend(next[0].last());
        session.step(&mut station, &[vec![*day]], &mut next)?;
    }
    Ok(forecasts)
}

/// The root mean squared error.
fn error(forecasts: &[Day], truth: &[Day]) -> f64 {
    let squares = forecasts.iter().zip(truth).map(|([y], [t])| f64::from(y - t).powi(2));
    (squares.sum::<f64>() / truth.len() as f64).sqrt()
}
