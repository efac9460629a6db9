// Draws with a pointer or the keyboard, and asks WebAssembly for the scores after every movement.

const find = (id) => document.getElementById(id);
const [pad, seen, answer, latency, status] = ["pad", "seen", "answer", "latency", "status"].map(find);

const load = async (file) => (await WebAssembly.instantiateStreaming(fetch(file))).instance.exports;
const numbers = (network, pointer, length) => new Float32Array(network.memory.buffer, pointer, length);

// The network that reads: first the small one, and the one that can learn once it is needed.
let network = await load("digit.wasm");
let learner = null;

// All points so far: [x, y, 1 where a stroke begins].
let points = [];

function clear() {
  points = [];
  network.clear();
  show();
}

function point(x, y, first) {
  points.push([x, y, first]);
  network.point(x, y, first);
}

// The scores.

const rows = Array.from({ length: 10 }, (_, digit) => {
  const row = find("scores").insertRow();
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = digit;
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `score of ${digit}`);
  row.append(name);
  row.insertCell().append(bar);
  return { row, bar, text: row.insertCell() };
});

// The times of the last predictions: the clock of a page is coarse, so the mean is shown.
const times = [];

function show() {
  const start = performance.now();
  const pointer = network.predict();
  if (pointer) {
    times.push(performance.now() - start);
    times.splice(0, times.length - 200);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    latency.textContent = `${mean.toFixed(3)} ms`;
  }
  const scores = pointer ? numbers(network, pointer, 10) : new Float32Array(10);
  const best = scores.indexOf(Math.max(...scores));
  rows.forEach(({ row, bar, text }, digit) => {
    bar.value = scores[digit];
    text.textContent = `${Math.round(100 * scores[digit])} %`;
    row.classList.toggle("best", pointer !== 0 && digit === best);
  });
  answer.textContent = pointer ? best : "–";
  draw();
  showSeen(pointer !== 0);
}

function draw() {
  const context = pad.getContext("2d");
  context.clearRect(0, 0, pad.width, pad.height);
  context.strokeStyle = getComputedStyle(pad).color;
  context.lineWidth = pad.width / 16;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  for (const [x, y, first] of points) {
    if (first) context.moveTo(x, y);
    context.lineTo(x, y);
  }
  context.stroke();
  if (document.activeElement === pad && keyboard.used) {
    context.lineWidth = 2;
    context.beginPath();
    context.arc(keyboard.x, keyboard.y, keyboard.down ? 6 : 12, 0, 7);
    context.stroke();
  }
}

function showSeen(any) {
  const context = seen.getContext("2d");
  context.clearRect(0, 0, 28, 28);
  if (!any) return;
  const [red, green, blue] = getComputedStyle(seen).color.match(/\d+/g).map(Number);
  const picture = new ImageData(28, 28);
  numbers(network, network.image(), 784).forEach((ink, i) => picture.data.set([red, green, blue, 255 * ink], 4 * i));
  context.putImageData(picture, 0, 0);
}

// The pen: a pointer draws where it is pressed, and from the keyboard the arrow keys move it.

const place = (event) => {
  const box = pad.getBoundingClientRect();
  const scale = pad.width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
};

pad.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  pad.setPointerCapture(event.pointerId);
  keyboard.used = keyboard.down = false;
  point(...place(event), 1);
  show();
});

pad.addEventListener("pointermove", (event) => {
  if (!pad.hasPointerCapture(event.pointerId)) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const one of events.length ? events : [event]) point(...place(one), 0);
  show();
});

const keyboard = { x: 160, y: 160, down: false, used: false };
const arrows = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };

pad.addEventListener("keydown", (event) => {
  const move = arrows[event.key];
  if (move) {
    keyboard.x = Math.min(Math.max(keyboard.x + move[0], 0), pad.width);
    keyboard.y = Math.min(Math.max(keyboard.y + move[1], 0), pad.height);
    if (keyboard.down) point(keyboard.x, keyboard.y, 0);
  } else if (event.key === " ") {
    keyboard.down = !keyboard.down;
    if (keyboard.down) point(keyboard.x, keyboard.y, 1);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    keyboard.down = false;
    clear();
  } else {
    return;
  }
  keyboard.used = true;
  event.preventDefault();
  show();
});

find("clear").addEventListener("click", clear);

// Learning.

find("label").append(...rows.map((_, digit) => new Option(digit)));

find("add").addEventListener("click", async () => {
  learner ??= await load("learn.wasm");
  learner.clear();
  points.forEach((one) => learner.point(...one));
  const examples = learner.add(Number(find("label").value));
  status.textContent = examples ? `Examples: ${examples}` : "Draw something first.";
  if (!examples) return;
  find("learn").disabled = find("forget").disabled = false;
  clear();
});

find("learn").addEventListener("click", () => {
  status.textContent = "Learning …";
  // The text is painted before the page is busy.
  requestAnimationFrame(() =>
    setTimeout(() => {
      const start = performance.now();
      const loss = learner.learn();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      status.textContent = Number.isNaN(loss) ? "The training failed." : `Learned in ${seconds} s.`;
      read(learner);
    }),
  );
});

find("forget").addEventListener("click", () => {
  learner.forget();
  find("learn").disabled = find("forget").disabled = true;
  status.textContent = "Everything learned here is forgotten.";
  read(learner);
});

// Lets another network read what is drawn.
function read(other) {
  network = other;
  times.length = 0;
  network.clear();
  points.forEach((one) => network.point(...one));
  show();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
show();
document.body.dataset.ready = "yes";
