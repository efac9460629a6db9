// Runs an export of a WebAssembly program under Node.js: `node run.mjs FILE.wasm EXPORT`.
import { readFileSync, writeSync } from "node:fs";

const [file, name] = process.argv.slice(2);
const env = {
  print(text, length) {
    writeSync(1, new Uint8Array(instance.exports.memory.buffer, text, length));
  },
};
const { instance } = await WebAssembly.instantiate(readFileSync(file), { env });
instance.exports[name]();
