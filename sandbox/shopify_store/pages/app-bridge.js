// A small stand-in for App Bridge: window.shopify with idToken(), and fetch() that shows the token.
(() => {
  const query = new URLSearchParams(location.search);
  const waiting = new Map();
  let calls = 0;

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.data?.type !== "shopify:id-token") return;
    waiting.get(event.data.call)?.(event.data.id_token);
    waiting.delete(event.data.call);
  });

  function idToken() {
    if (window.parent === window) return Promise.resolve(query.get("id_token"));
    return new Promise((resolve, reject) => {
      const call = ++calls;
      waiting.set(call, resolve);
      window.parent.postMessage({ type: "shopify:id-token", call }, "*");
      setTimeout(() => waiting.delete(call) && reject(new Error("no id token")), 10000);
    });
  }

  const key = document.querySelector('meta[name="shopify-api-key"]')?.content
    ?? document.currentScript?.dataset.apiKey ?? "";
  window.shopify = {
    config: { apiKey: key, shop: query.get("shop"), host: query.get("host"), locale: query.get("locale") ?? "es" },
    environment: { embedded: window.parent !== window, mobile: false, pos: false },
    idToken,
    toast: { show: (text) => console.info(text), hide: () => undefined },
    loading: () => undefined,
    ready: Promise.resolve(),
  };

  const plainFetch = window.fetch.bind(window);
  window.fetch = async (resource, options = {}) => {
    const address = new URL(resource instanceof Request ? resource.url : resource, location.href);
    const request = new Request(resource, options);
    if (address.origin !== location.origin || request.headers.has("Authorization")) return plainFetch(request);
    request.headers.set("Authorization", `Bearer ${await idToken()}`);
    return plainFetch(request);
  };

  // The bounce page: come back to the address it names with a fresh token.
  const back = query.get("shopify-reload");
  if (back) {
    const address = new URL(back, location.href);
    if (address.origin === location.origin) {
      idToken().then((token) => {
        address.searchParams.set("id_token", token);
        location.replace(address);
      });
    }
  }
})();
