import { call, el, every, money, say, toast, when } from "/static/common.js";

const GOOD = new Set(["PAID", "FULFILLED"]);
const BAD = new Set(["VOIDED", "REFUNDED", "CANCELLED"]);
let seen = "";

const mark = (state) =>
  el("span", { className: `mark ${GOOD.has(state) ? "good" : BAD.has(state) ? "bad" : ""}` }, say(state));

async function act(order, verb, body = {}) {
  try {
    await call("POST", `/orders/${order.id}/${verb}`, body);
    seen = "";
    await refresh();
  } catch (error) { toast(error.message); }
}

function refund(order, line) {
  const given = prompt(say("how_many"), "1");
  if (given) act(order, "refund", { lines: [{ line_id: line.id, quantity: Number(given), restock_type: "RETURN" }] });
}

function edit(order, line) {
  const given = prompt(say("new_quantity"), String(line.current_quantity));
  if (given !== null) act(order, "edit", { lines: [{ line_id: line.id, quantity: Number(given) }] });
}

function row(order, line) {
  const open = !order.cancelled_at && line.current_quantity > 0;
  return el("tr", {},
    el("td", {}, line.title, " ", el("small", {}, [line.variant_title, line.sku].filter(Boolean).join(" · "))),
    el("td", { className: "num" }, line.current_quantity === line.quantity ? String(line.quantity)
      : `${line.current_quantity} / ${line.quantity}`),
    el("td", { className: "num" }, money(line.net)),
    el("td", {}, open ? el("button", { className: "small", onclick: () => edit(order, line) }, say("edit")) : null, " ",
      open ? el("button", { className: "small", onclick: () => refund(order, line) }, say("refund")) : null));
}

function actions(order) {
  const made = el("div", { className: "actions" });
  const button = (text, work) => made.append(el("button", { className: "small", onclick: work }, text));
  if (Number(order.outstanding) > 0 && order.financial_status !== "AUTHORIZED") button(say("mark_paid"), () => act(order, "pay"));
  if (order.financial_status === "AUTHORIZED") button(say("capture"), () => act(order, "capture"));
  if (!order.cancelled_at && !order.fulfillments.length)
    button(say("cancel"), () => confirm(say("sure_cancel")) && act(order, "cancel"));
  return made;
}

function card(order) {
  const parcels = order.fulfillments.flatMap((made) => made.tracking.map((each) =>
    [each.company, each.number].filter(Boolean).join(" ")));
  return el("article", { className: "panel order" },
    el("header", {}, el("h2", {}, order.name), el("span", { className: "quiet" }, when(order.created_at)),
      mark(order.cancelled_at ? "CANCELLED" : order.financial_status), mark(order.fulfillment_status),
      el("strong", {}, money(order.current_total)), el("span", {}, order.customer || order.email || "")),
    el("table", {}, el("tbody", {}, ...order.lines.map((line) => row(order, line)))),
    parcels.length ? el("p", {}, `${say("tracking")}: `, el("strong", {}, parcels.join(", "))) : null,
    actions(order));
}

const refresh = every(2, async () => {
  const state = await call("GET", "/state?parts=orders");
  const text = JSON.stringify(state);
  if (text === seen) return;
  seen = text;
  const orders = state.orders.reverse();
  document.getElementById("orders").replaceChildren(...orders.map(card));
  document.getElementById("none").hidden = orders.length > 0;
});
