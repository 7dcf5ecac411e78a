"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const last = data.steps.length - 1;
const $ = (id) => document.getElementById(id);
const boxes = new Map([...document.querySelectorAll(".mt-box")].map((box) => [Number(box.dataset.node), box]));
const edges = new Map([...document.querySelectorAll(".mt-edge")].map((edge) => [Number(edge.dataset.edge), edge]));
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let now = 0;
let timer = null;

// Everything is shown as text: what a name contains cannot become markup.
function element(kind, className, text) {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

function block(b) {
  const made = element("div", "block", "");
  const label = element("div", "label", b.label);
  label.append(element("span", "shape", b.shape));
  const numbers = element("div", "numbers", "");
  if (b.text) {
    const pre = element("pre", "", b.text);
    pre.tabIndex = 0; // it may scroll
    numbers.append(pre);
  }
  if (b.note) numbers.append(element("p", "note", b.note));
  made.append(label, numbers);
  return made;
}

function part(p) {
  const made = element("div", "part", "");
  made.append(element("h2", "", p.title), ...p.blocks.map(block));
  if (p.text) made.append(element("p", "text", p.text));
  return made;
}

function showOperation(node) {
  $("operation").hidden = !node;
  if (!node) return;
  $("formula").textContent = `${node.grad_fn}\n${node.formula}`.trim();
  $("about").textContent = node.about;
  $("kept").replaceChildren(...(node.kept.length ? [element("p", "text", "It has kept from the forward:")] : []), ...node.kept.map(block));
  $("made").hidden = !node.made;
  $("made").textContent = `made by ${node.made}`;
  $("where").textContent = node.where;
  $("source").textContent = node.source;
  document.querySelector("details").hidden = !node.source;
}

function showGraph(step) {
  for (const [key, box] of boxes) {
    box.classList.toggle("from", key === step.source);
    box.classList.toggle("to", key === step.target);
    const slot = box.querySelector(".mt-slot");
    if (slot) {
      const said = data.steps.slice(0, now + 1).filter((s) => s.target === key);
      slot.textContent = said.length ? said[said.length - 1].slot : "\u00a0";
    }
  }
  const done = new Set(data.steps.slice(0, now).map((s) => s.edge));
  for (const [key, edge] of edges) {
    edge.classList.toggle("now", key === step.edge);
    edge.classList.toggle("done", key !== step.edge && done.has(key));
  }
  bringIntoView([step.source, step.target].filter((key) => key !== null).map((key) => boxes.get(key)));
}

function bringIntoView(shown) {
  if (!shown.length) return;
  const frame = $("graph");
  const outer = frame.getBoundingClientRect();
  const rects = shown.map((box) => box.getBoundingClientRect());
  const x = (Math.min(...rects.map((r) => r.left)) + Math.max(...rects.map((r) => r.right))) / 2;
  const y = (Math.min(...rects.map((r) => r.top)) + Math.max(...rects.map((r) => r.bottom))) / 2;
  frame.scrollTo({
    left: frame.scrollLeft + x - outer.left - outer.width / 2,
    top: frame.scrollTop + y - outer.top - outer.height / 2,
    behavior: calm.matches || timer === null ? "auto" : "smooth",
  });
}

function show(k) {
  now = Math.max(0, Math.min(last, k));
  const step = data.steps[now];
  $("sentence").textContent = step.sentence;
  $("parts").replaceChildren(...step.parts.map(part));
  showOperation(step.source === null ? null : data.nodes[step.source]);
  showGraph(step);
  $("slider").value = now;
  $("slider").setAttribute("aria-valuetext", `Step ${now + 1} of ${last + 1}`);
  $("count").textContent = `${now + 1} of ${last + 1}`;
  $("first").disabled = $("back").disabled = now === 0;
  $("last").disabled = $("next").disabled = now === last;
  if (now === last) stop();
  try {
    history.replaceState(null, "", `#step=${now + 1}`);
  } catch {
    // some viewers of local files forbid it
  }
}

function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "Play";
}

function play() {
  if (timer !== null) return stop();
  if (now === last) show(0);
  timer = setInterval(() => show(now + 1), 1800);
  $("play").textContent = "Pause";
}

function go(k) {
  stop();
  show(k);
}

const actions = {
  ArrowRight: () => go(now + 1), PageDown: () => go(now + 1), " ": () => go(now + 1),
  ArrowLeft: () => go(now - 1), PageUp: () => go(now - 1),
  Home: () => go(0), End: () => go(last), p: play,
};
document.addEventListener("keydown", (event) => {
  const action = actions[event.key];
  const isOwn = event.target.closest("input") || (event.key === " " && event.target.closest("button, summary"));
  const scrolls = event.target.closest("pre") && event.key.startsWith("Arrow");
  if (!action || isOwn || scrolls || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
});
$("first").onclick = () => go(0);
$("back").onclick = () => go(now - 1);
$("play").onclick = play;
$("next").onclick = () => go(now + 1);
$("last").onclick = () => go(last);
$("slider").max = last;
$("slider").oninput = () => go(Number($("slider").value));
for (const [key, box] of boxes) {
  box.addEventListener("click", () => {
    const found = data.steps.findIndex((s) => s.source === key);
    const to = data.steps.findIndex((s) => s.target === key);
    if (found >= 0 || to >= 0) go(found >= 0 ? found : to);
  });
}

function fromAddress() {
  const wish = new URLSearchParams(location.hash.slice(1));
  if (wish.get("theme")) document.documentElement.dataset.theme = wish.get("theme");
  show(Number(wish.get("step") || 1) - 1 || 0);
}
window.addEventListener("hashchange", fromAddress);
fromAddress();
