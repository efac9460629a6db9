// Times the cases of WebAssembly programs in turn under Node.js, and prints each time with its ratio to the first program's.
// `node run.mjs NAME=FILE.wasm …`
import { readFileSync } from "node:fs";

const cases = [
  "LeNet, 1 image",
  "LeNet, 64 images",
  "LeNet, step of 64",
  "784-512-256-10, 1 row",
  "784-512-256-10, 64 rows",
  "784-512-256-10, step of 64",
  "transformer, 64 sequences",
  "transformer, step of 64",
  "LSTM, 64 sequences",
  "LSTM, step of 64",
];
const ROUNDS = 7;
const MILLISECONDS = 100;

const programs = [];
for (const argument of process.argv.slice(2)) {
  const [name, file] = argument.split("=");
  const { instance } = await WebAssembly.instantiate(readFileSync(file), {});
  programs.push({ name, run: instance.exports.run });
}

function milliseconds(run, number, times) {
  const start = performance.now();
  run(number, times);
  return performance.now() - start;
}

console.log(["case", ...programs.map((program) => program.name)].join(" | "));
for (const [number, name] of cases.entries()) {
  // What a call prepares is part of both times, so the difference is that of the repetitions.
  const times = programs.map(({ run }) => {
    milliseconds(run, number, 3);
    return Math.max(2, Math.round(MILLISECONDS / (milliseconds(run, number, 4) / 4)));
  });
  const best = programs.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { run }] of programs.entries()) {
      const once = milliseconds(run, number, 1);
      best[i] = Math.min(best[i], (milliseconds(run, number, 1 + times[i]) - once) / times[i]);
    }
  }
  const cells = best.map((time) => `${(1000 * time).toPrecision(3)} µs (${(best[0] / time).toFixed(2)}×)`);
  console.log([name, ...cells].join(" | "));
}
