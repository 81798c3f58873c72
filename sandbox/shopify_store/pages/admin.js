import { call, config, el, every, money, say, time, toast } from "/static/common.js";

let seen = "";
let last = -1;

document.getElementById("app").href = `/shops/${config.shop}/admin/apps/puente?lang=${config.lang}`;

async function save(sku, location, input) {
  try {
    await call("POST", "/inventory", { sku, location, available: Number(input.value) });
    input.blur();
    seen = "";
    await refresh();
  } catch (error) { toast(`${say("save_failed")}: ${error.message}`); }
}

function stockRow(product, variant, level) {
  const input = el("input", { type: "number", value: level.available, ariaLabel: `${variant.sku} ${level.location}` });
  input.addEventListener("change", () => save(variant.sku, String(level.location_id), input));
  const title = variant.title === "Default Title" ? product.title : `${product.title} · ${variant.title}`;
  return el("tr", {}, el("td", {}, title), el("td", {}, variant.sku ?? ""),
    el("td", { className: "num" }, money(variant.price)), el("td", {}, level.location),
    el("td", { className: "num" }, String(level.on_hand)), el("td", { className: "num" }, String(level.committed)),
    el("td", { className: "num" }, input));
}

async function stock() {
  const body = document.querySelector("#stock tbody");
  if (body.contains(document.activeElement)) return;
  const state = await call("GET", "/state?parts=products");
  const text = JSON.stringify(state);
  if (text === seen) return;
  seen = text;
  body.replaceChildren(...state.products.flatMap((product) => product.variants.flatMap((variant) =>
    variant.levels.map((level) => stockRow(product, variant, level)))));
}

function callRow(entry) {
  const problems = [...entry.errors, ...entry.user_errors.map((each) => each.code ?? each.message)];
  return el("tr", {}, el("td", {}, time(entry.at)), el("td", {}, entry.operation ?? entry.roots.join(", ")),
    el("td", { className: "num" }, entry.actual ?? entry.requested ?? ""),
    el("td", {}, problems.length ? el("span", { className: "mark bad" }, problems[0].slice(0, 60))
      : el("span", { className: `mark ${entry.outcome === "answered" ? "good" : ""}` }, entry.outcome)));
}

function eventRow(entry) {
  const good = entry.outcome === "delivered";
  return el("tr", {}, el("td", {}, time(entry.at)), el("td", {}, entry.topic),
    el("td", { className: "num" }, entry.attempt ?? ""),
    el("td", {}, el("span", { className: `mark ${good ? "good" : "bad"}` }, `${entry.status ?? ""} ${entry.outcome}`)));
}

async function log() {
  const counters = await call("GET", "/counters");
  if (counters.last === last && document.querySelector("#tiles").children.length) return;
  const since = Math.max(counters.last - 300, 0);
  const { entries } = await call("GET", `/log?since=${since}`);
  last = counters.last;
  const pick = (kind, row) => entries.filter((entry) => entry.kind === kind).reverse().slice(0, 100).map(row);
  document.querySelector("#calls tbody").replaceChildren(...pick("api", callRow));
  document.querySelector("#events tbody").replaceChildren(...pick("webhook", eventRow));
  const tile = (text, number) => el("div", { className: "tile" }, el("b", {}, String(number)), text);
  document.getElementById("tiles").replaceChildren(tile(say("queries"), counters.queries),
    tile(say("mutations"), counters.mutations), tile(say("points"), counters.points_actual),
    tile(say("bucket"), counters.throttle.currentlyAvailable));
}

async function faults() {
  const { faults: active, kinds } = await call("GET", "/faults");
  const choice = document.querySelector("#fault select");
  if (!choice.children.length) choice.append(...kinds.map((kind) => el("option", {}, kind)));
  document.getElementById("active").textContent =
    `${say("active_faults")}: ${active.map((each) => `${each.kind} ×${each.count} ${each.match}`).join(", ") || "–"}`;
}

document.getElementById("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = Object.fromEntries(new FormData(event.target));
  try {
    await call("POST", "/faults", { kind: form.kind, count: Number(form.count), match: form.match,
      seconds: Number(form.seconds) });
    await faults();
  } catch (error) { toast(error.message); }
});
document.getElementById("off").addEventListener("click", async () => { await call("DELETE", "/faults"); await faults(); });

const refresh = every(2, async () => { await stock(); await log(); await faults(); });
