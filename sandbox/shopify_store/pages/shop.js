import { call, config, el, every, money, say } from "/static/common.js";

const SHIPPING = 4.95;
const basket = new Map();
let variants = new Map();
let seen = "";

const available = (variant) =>
  variant.levels.filter((level) => level.active).reduce((sum, level) => sum + level.available, 0);
const sells = (variant) => !variant.tracked || variant.policy === "CONTINUE" || available(variant) > 0;

function stockText(variant) {
  if (!variant.tracked || variant.policy === "CONTINUE") return say("always");
  return sells(variant) ? `${available(variant)} ${say("in_stock")}` : say("sold_out");
}

function card(product) {
  const choice = el("select", { ariaLabel: product.title });
  for (const variant of product.variants) choice.append(el("option", { value: variant.id }, variant.title));
  if (product.variants.length === 1 && product.variants[0].title === "Default Title") choice.hidden = true;
  const price = el("div", { className: "price" });
  const stock = el("div", { className: "mark" });
  const button = el("button", { onclick: () => add(Number(choice.value)) }, say("add"));
  const show = () => {
    const variant = variants.get(Number(choice.value));
    price.textContent = money(variant.price);
    stock.textContent = stockText(variant);
    stock.className = `mark ${sells(variant) ? "good" : "bad"}`;
    button.disabled = !sells(variant);
  };
  choice.value = kept.get(product.id) ?? String((product.variants.find(sells) ?? product.variants[0]).id);
  choice.addEventListener("change", () => { kept.set(product.id, choice.value); show(); });
  show();
  return el("article", { className: "card" }, el("h2", {}, product.title),
    el("small", {}, [product.vendor, product.product_type].filter(Boolean).join(" · ")),
    price, el("div", {}, stock), el("div", { className: "row" }, choice, button));
}

const kept = new Map();
let products = [];

function draw() {
  const wanted = document.getElementById("search").value.toLowerCase();
  const shown = products.filter((product) => product.title.toLowerCase().includes(wanted));
  document.getElementById("products").replaceChildren(...shown.map(card));
  document.getElementById("none").hidden = products.length > 0;
}

function add(id) {
  basket.set(id, (basket.get(id) ?? 0) + 1);
  document.getElementById("done").hidden = true;
  drawBasket();
}

function change(id, by) {
  const next = (basket.get(id) ?? 0) + by;
  if (next > 0) basket.set(id, next); else basket.delete(id);
  drawBasket();
}

function drawBasket() {
  const box = document.getElementById("basket");
  const lines = [...basket].filter(([id]) => variants.has(id));
  document.getElementById("checkout").hidden = lines.length === 0;
  if (!lines.length) { box.replaceChildren(el("p", { className: "quiet" }, say("empty_basket"))); return; }
  let sum = 0;
  const rows = lines.map(([id, quantity]) => {
    const variant = variants.get(id);
    sum += quantity * Number(variant.price);
    return el("div", { className: "basket-line" },
      el("span", {}, `${variant.product} `, el("small", {}, variant.title === "Default Title" ? "" : variant.title)),
      el("span", {}, el("button", { className: "small", onclick: () => change(id, -1), ariaLabel: "−1" }, "−"),
        ` ${quantity} `, el("button", { className: "small", onclick: () => change(id, 1), ariaLabel: "+1" }, "+")));
  });
  box.replaceChildren(...rows,
    el("div", { className: "sum" }, el("span", {}, say("subtotal")), el("span", {}, money(sum))),
    el("div", { className: "sum" }, el("span", {}, say("shipping")), el("span", {}, money(SHIPPING))),
    el("div", { className: "sum total" }, el("span", {}, say("total")), el("span", {}, money(sum + SHIPPING))),
    el("small", {}, say("taxes")));
}

document.getElementById("search").addEventListener("input", draw);
document.getElementById("checkout").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = Object.fromEntries(new FormData(event.target));
  const who = { first_name: form.first_name, last_name: form.last_name, phone: form.phone || null };
  const problem = document.getElementById("problem");
  problem.hidden = true;
  try {
    const order = await call("POST", "/orders", {
      lines: [...basket].map(([variant_id, quantity]) => ({ variant_id, quantity })),
      customer: { ...who, email: form.email },
      address: { ...who, address1: form.address1, city: form.city, zip: form.zip,
        province_code: form.province_code || null, country_code: "ES" },
      shipping: { title: "Envío estándar", price: String(SHIPPING) },
      nif: form.nif || null, note: form.note || null, payment: form.payment,
      discount_code: form.discount_code || null,
    });
    basket.clear();
    drawBasket();
    const done = document.getElementById("done");
    done.hidden = false;
    done.replaceChildren(el("h3", {}, `${say("thanks")} ✓`),
      el("p", {}, `${say("your_order")} `, el("strong", {}, order.name), ` · ${money(order.total)}`),
      el("a", { href: `/shops/${config.shop}/orders?lang=${config.lang}` }, say("orders")));
    refresh();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
});

const refresh = every(3, async () => {
  const state = await call("GET", "/state?parts=products");
  const text = JSON.stringify(state);
  if (text === seen) return;
  seen = text;
  products = state.products.filter((product) => product.status === "ACTIVE" && product.published.length);
  variants = new Map(products.flatMap((product) =>
    product.variants.map((variant) => [variant.id, { ...variant, product: product.title }])));
  draw();
  drawBasket();
});
