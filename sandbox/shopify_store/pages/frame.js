// The admin around an embedded app: it shows the app in a frame and hands it fresh tokens.
import { call, config } from "/static/common.js";

const frame = document.getElementById("frame");
document.getElementById("name").textContent = config.app_name;
document.getElementById("none").hidden = Boolean(config.app_url);
frame.hidden = !config.app_url;

window.addEventListener("message", async (event) => {
  // Only the app in our own frame gets a token, and only at the app's own origin.
  if (event.source !== frame.contentWindow || event.origin !== config.app_origin) return;
  if (event.data?.type !== "shopify:id-token") return;
  const { id_token } = await call("POST", "/session-token", {});
  frame.contentWindow.postMessage({ type: "shopify:id-token", call: event.data.call, id_token }, config.app_origin);
});
if (config.app_url) frame.src = config.app_url;
