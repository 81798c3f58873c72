// Fetch the orders again now and then, but never while somebody fills in a form.
setInterval(async () => {
  const orders = document.getElementById("pedidos");
  const busy = orders && (orders.contains(document.activeElement) || orders.dataset.touched);
  if (!orders || busy || document.hidden) return;
  const answer = await fetch(location.href, { headers: { "X-Part": "pedidos" } }).catch(() => null);
  if (answer && answer.ok) orders.innerHTML = await answer.text();
}, 2500);
document.addEventListener("input", (event) => {
  const orders = event.target.closest("#pedidos");
  if (orders) orders.dataset.touched = "yes";
});
