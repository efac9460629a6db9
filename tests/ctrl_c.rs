//! Ctrl-C in a training, with [`Trainer::stop_on_ctrl_c`]: the first one ends the training, the second one the program.
#![cfg(unix)]

#[path = "common/places.rs"]
mod places;

use dl::data::{Dataset, Digit};
use dl::prelude::*;
use dl::train::{Ended, ExternalLoss, History};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

model! {
    Net(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(24) -> relu -> dense(10) }
}

type Digits = Dataset<Digit, u32>;

/// 25 batches of 10 digits to learn from, and 99 digits to be judged by.
fn digits() -> (Digits, Digits) {
    let (train, rest) = dl::data::digits().train.split_at(250);
    (train, rest.split_at(99).0)
}

const SIGINT: i32 = 2;

fn checkpoint() -> PathBuf {
    places::scratch().join("ctrl-c.safetensors")
}

fn trainer(test: &Digits) -> Trainer<'_, Net, u32, Adam, ExternalLoss<CrossEntropy>> {
    Trainer::new(Adam::new(1e-2)).loss(CrossEntropy).batch_size(10).validate(test).early_stopping(1000).quiet()
}

/// A training that would take hours; a line on the standard output for each of its steps.
#[test]
#[ignore = "a program for another test"]
fn trains_until_ctrl_c() {
    let (train, test) = digits();
    let mut net = Net::init(9);
    let trainer = trainer(&test).epochs(usize::MAX).checkpoint(checkpoint()).stop_on_ctrl_c();
    let history = trainer.on_step(|step| println!("step {}", step.step)).fit(&mut net, &train).unwrap();
    let mut best = Net::init(0);
    std::fs::write(checkpoint().with_extension("json"), serde_json::to_string(&history).unwrap()).unwrap();
    net.save(checkpoint().with_extension("net")).unwrap();
    best.clone_from(&net);
    // A later training ends after its first step, since the program was asked to end.
    let later = Trainer::new(Adam::new(1e-2)).loss(CrossEntropy).stop_on_ctrl_c().quiet().fit(&mut best, &train);
    println!("later: {:?}", later.unwrap().ended);
}

/// A program in which a step never ends, and one that does not train at all.
#[test]
#[ignore = "a program for another test"]
fn hangs_in_a_step() {
    let (train, test) = digits();
    let hang = |_: &dl::train::StepEnd| {
        println!("step 1");
        std::io::stdout().flush().unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    };
    trainer(&test).stop_on_ctrl_c().on_step(hang).fit(&mut Net::init(9), &train).unwrap();
}

#[test]
#[ignore = "a program for another test"]
fn waits_after_a_training() {
    let (train, test) = digits();
    trainer(&test).epochs(1).stop_on_ctrl_c().fit(&mut Net::init(9), &train).unwrap();
    println!("step 1");
    std::io::stdout().flush().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(600));
}

/// A program with the lines that it writes. It does not outlive the test.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    /// Starts a program, and waits until it has written a step at least as late as `step`.
    fn start(test: &str, step: u64) -> Self {
        let mut program = Command::new(std::env::current_exe().unwrap());
        let program = program.args(["--exact", test, "--ignored", "--nocapture"]);
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running { child, lines };
        loop {
            let mut line = String::new();
            assert_ne!(running.lines.read_line(&mut line).unwrap(), 0, "the program ended");
            // The test harness writes the name of the test before the first line.
            let number = line.trim().rsplit_once("step ").and_then(|(_, number)| number.parse::<u64>().ok());
            if number.is_some_and(|number| number >= step) {
                return running;
            }
        }
    }
    fn interrupt(&self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
    }
    /// The lines until the end.
    fn rest(&mut self) -> Vec<String> {
        self.lines.by_ref().lines().map(Result::unwrap).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_one_ends_the_training() {
    let _ = std::fs::remove_file(checkpoint());
    let mut running = Running::start("trains_until_ctrl_c", 60);
    running.interrupt();
    let rest = running.rest();
    assert!(running.child.wait().unwrap().success());
    assert!(rest.iter().any(|line| line.contains("later: Interrupted")), "{rest:?}");
    let history = std::fs::read_to_string(checkpoint().with_extension("json")).unwrap();
    let history: History = serde_json::from_str(&history).unwrap();
    assert_eq!(history.ended, Ended::Interrupted);
    assert!(history.ending().starts_with("the training was interrupted after"), "{}", history.ending());
    // The network has the best weights, and the checkpoint has them too.
    let best = history.best.unwrap();
    let least = history.epochs.iter().map(|row| row.validation.as_ref().unwrap().loss).fold(f64::MAX, f64::min);
    assert_eq!(history.epochs[best - 1].validation.as_ref().unwrap().loss, least);
    let (train, test) = digits();
    let net = Net::load(checkpoint().with_extension("net")).unwrap();
    let mut training = Training::on(Cpu::with_threads(1), &*net, 99).unwrap();
    training.evaluate(&test.inputs).unwrap();
    let loss = f64::from(training.loss(&CrossEntropy, &test.targets).unwrap());
    assert!((loss - least).abs() < 1e-5, "{loss} {least}");
    // It goes on from the step it ended with.
    let steps = history.epochs.last().unwrap().steps;
    let mut first = None;
    let mut resumed = trainer(&test).epochs(history.epochs.len() + 1).resume(checkpoint());
    resumed = resumed.on_step(|step| _ = first.get_or_insert(step.step));
    let more = resumed.fit(&mut Net::init(0), &train).unwrap();
    drop(resumed);
    assert_eq!((more.ended, more.epochs.len()), (Ended::Finished, history.epochs.len() + 1));
    let begins_alike =
        more.epochs.iter().zip(&history.epochs).all(|(a, b)| (a.steps, a.train.loss) == (b.steps, b.train.loss));
    assert!(begins_alike, "{more:?} {history:?}");
    assert!(first.unwrap() > steps && first.unwrap() <= steps + 26);
}

#[test]
fn the_second_one_ends_the_program() {
    let mut running = Running::start("hangs_in_a_step", 1);
    running.interrupt();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(running.child.try_wait().unwrap().is_none(), "the first one ended the program");
    running.interrupt();
    assert_eq!(running.child.wait().unwrap().signal(), Some(SIGINT));
}

#[test]
fn outside_of_a_training_it_ends_the_program() {
    let mut running = Running::start("waits_after_a_training", 1);
    running.interrupt();
    assert_eq!(running.child.wait().unwrap().signal(), Some(SIGINT));
}
