// An identity provider for the tests: `oidc-provider`, certified by the OpenID Foundation. node provider.mjs PORT ALG REDIRECT
// Whoever signs in as NAME is NAME, with the roles that `roles` has for him.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [port, alg, redirect] = process.argv.slice(2);
const kinds = { RS256: ["rsa", { modulusLength: 2048 }], PS256: ["rsa", { modulusLength: 2048 }], ES256: ["ec", { namedCurve: "P-256" }] };
const key = { ...generateKeyPairSync(...kinds[alg]).privateKey.export({ format: "jwk" }), use: "sig", alg, kid: `${alg}-${Date.now()}` };
const other = { ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "another" };
const roles = { ann: ["soc.lead", "everybody"], bob: ["everybody"], eve: [] };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key, other] },
  clients: [{ client_id: "portcullis", client_secret: "a secret with % and ~ of the tests", redirect_uris: [redirect], response_types: ["code"],
              grant_types: ["authorization_code"], id_token_signed_response_alg: alg }],
  claims: { openid: ["sub"], profile: ["preferred_username", "roles"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true, methods: ["S256"] },
  cookies: { keys: ["of the tests"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `sub-of-${id}`, preferred_username: id, roles: roles[id] ?? [] }) }),
});
provider.on("server_error", (_, error) => console.error(error));
provider.on("grant.error", (_, error) => console.error("grant", error.error_description));
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
