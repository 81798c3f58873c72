// What every page needs: its configuration, calls to the control API, elements, money.
export const config = JSON.parse(document.getElementById("config").textContent);
export const say = (key) => config.words[key] ?? key;

export async function call(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(`/control/shops/${config.shop}${path}`, options);
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error ?? answer.statusText);
  return data;
}

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const money = (amount, currency = config.currency) =>
  new Intl.NumberFormat(config.lang, { style: "currency", currency }).format(amount);

export const time = (text) => new Date(text).toLocaleTimeString(config.lang);
export const when = (text) => new Date(text).toLocaleString(config.lang);

export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => box.classList.remove("shown"), 3500);
}

// Asks again and again, but never twice at once and not while nobody looks.
export function every(seconds, work) {
  let busy = false;
  const round = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try { await work(); } catch (error) { toast(error.message); } finally { busy = false; }
  };
  round();
  setInterval(round, seconds * 1000);
  return round;
}

const here = location.pathname.split("/")[3] || "shop";
document.querySelector(`nav a[data-page="${here}"]`)?.setAttribute("aria-current", "page");
