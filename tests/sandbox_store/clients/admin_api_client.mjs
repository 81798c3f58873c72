// Speaks to the store as Shopify's own client does: a query, a mutation, a refused query.
import { createAdminApiClient } from "@shopify/admin-api-client";

const { STORE_DOMAIN: storeDomain, ACCESS_TOKEN: accessToken } = process.env;
const client = createAdminApiClient({ storeDomain, accessToken, apiVersion: "2026-10" });

const query = await client.request("query { shop { name myshopifyDomain } products(first: 5) { nodes { id title } } }");
const mutation = await client.request(
  "mutation Tag($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { message } } }",
  { variables: { id: query.data.products.nodes[0].id, tags: ["desde-node"] } },
);
const refused = await client.request("query { shop { nope } }");
console.log(JSON.stringify({ query, mutation, refused }));
