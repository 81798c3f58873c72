// Lets Shopify's own library judge a webhook that the store sent, and a forged one.
import "@shopify/shopify-api/adapters/node";
import { shopifyApi, ApiVersion } from "@shopify/shopify-api";

const { CLIENT_ID, CLIENT_SECRET, WEBHOOK } = process.env;
const { headers, body, id_token: idToken } = JSON.parse(WEBHOOK);
const shopify = shopifyApi({
  apiKey: CLIENT_ID,
  apiSecretKey: CLIENT_SECRET,
  hostName: "puente.example",
  apiVersion: Object.values(ApiVersion).at(-1),
  isEmbeddedApp: true,
  logger: { log: async () => undefined },
});

async function judge(rawBody) {
  const rawRequest = { method: "POST", url: "/shopify/webhooks", headers };
  return shopify.webhooks.validate({ rawBody, rawRequest });
}

const good = await judge(body);
const forged = await judge(body.replace("#1001", "#9999"));
const claims = await shopify.session.decodeSessionToken(idToken);
console.log(JSON.stringify({ good, forged, claims }));
