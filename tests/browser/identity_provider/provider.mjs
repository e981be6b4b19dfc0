// A certified OpenID Connect provider (npm oidc-provider) on loopback, with its own pages to sign in and to consent.
// Reads its client and its people as JSON from the environment, and prints its issuer.

import { createServer } from "node:http";

const { default: Provider } = await import(
  new URL("../../../web/node_modules/oidc-provider/lib/index.js", import.meta.url)
);
const { client, people } = JSON.parse(process.env.IDENTITY_PROVIDER);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ ...client, grant_types: ["authorization_code"], response_types: ["code"] }],
    scopes: ["openid", "email", "profile"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    cookies: { keys: ["a key of the test"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
