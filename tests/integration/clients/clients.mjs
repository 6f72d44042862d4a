// Microsoft's own clients against the twin: tokens by secret and by certificate with both generations of msal-node, then alerts,
// incidents, hunting, errors and throttling with the Graph client. Reads what it needs as JSON on standard input, prints one
// {"name","good","detail"} a line. Trust comes from NODE_EXTRA_CA_CERTS.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import * as msal7 from "@azure/msal-node";
import * as msal3 from "msal-node-3";
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";

const given = JSON.parse(readFileSync(0, "utf8"));
const { url, tenants, app, certificate } = given;
const host = new URL(url).host;
const GRAPH = "https://graph.microsoft.com/.default";
const ENDPOINT = "https://api.securitycenter.microsoft.com/.default";

async function check(name, body) {
  let good = true, detail = "";
  try {
    const answer = await body();
    good = answer === undefined || answer === true;
    detail = good ? "" : JSON.stringify(answer);
  } catch (e) {
    good = false;
    detail = `${e?.stack ?? e} ${JSON.stringify(e)}`;
  }
  process.stdout.write(JSON.stringify({ name, good, detail }) + "\n");
}

function equal(got, wanted) {
  if (got !== wanted) throw new Error(`got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

// A fresh application object each time: it remembers tokens and throttled answers.
function application(msal, tenant, credential) {
  return new msal.ConfidentialClientApplication({
    auth: { clientId: tenant.client_id, authority: `${url}/${tenant.tenant_id}`, knownAuthorities: [host], ...credential },
  });
}

async function refused(promise) {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  throw new Error("it was not refused");
}

async function tokens(msal, version) {
  const tenant = tenants[0];
  const secret = { clientSecret: tenant.client_secret };
  const ask = (credential, scope = GRAPH, who = tenant) =>
    application(msal, who, credential).acquireTokenByClientCredential({ scopes: [scope] });

  await check(`msal ${version}: a token by secret, kept until it ends`, async () => {
    const own = application(msal, tenant, secret);
    const first = await own.acquireTokenByClientCredential({ scopes: [GRAPH] });
    const again = await own.acquireTokenByClientCredential({ scopes: [GRAPH] });
    equal(first.accessToken, again.accessToken);
    equal(again.fromCache, true);
    equal(claims(first.accessToken).tid, tenant.tenant_id);
    equal(claims(first.accessToken).appidacr, "1");
    const left = (first.expiresOn - Date.now()) / 1000;
    if (left < 3400 || left > 3700) throw new Error(`it lives ${left} s`);
  });
  await check(`msal ${version}: a token for Defender for Endpoint`, async () => {
    const { accessToken } = await ask(secret, ENDPOINT);
    equal(claims(accessToken).aud, "https://api.securitycenter.microsoft.com");
  });
  for (const [kind, thumbprint] of [["SHA-256", { thumbprintSha256: certificate.sha256 }], ["SHA-1", { thumbprint: certificate.sha1 }]]) {
    for (const x5c of [undefined, certificate.pem]) {
      await check(`msal ${version}: a token by certificate, ${kind}${x5c ? ", with its chain" : ""}`, async () => {
        const { accessToken } = await ask({ clientCertificate: { ...thumbprint, privateKey: certificate.key, x5c } });
        equal(claims(accessToken).appidacr, "2");
      });
    }
  }
  await check(`msal ${version}: another tenant through the request's authority`, async () => {
    const other = tenants[1];
    const own = application(msal, { ...other, tenant_id: tenant.tenant_id }, { clientSecret: other.client_secret });
    const { accessToken } = await own.acquireTokenByClientCredential({ scopes: [GRAPH], authority: `${url}/${other.tenant_id}` });
    equal(claims(accessToken).tid, other.tenant_id);
  });

  const errors = [
    ["a wrong secret", { clientSecret: "wrong" }, GRAPH, tenant, "invalid_client", 7000215, 401],
    ["an expired secret", { clientSecret: tenant.expired_secret }, GRAPH, tenant, "invalid_client", 7000222, 401],
    ["an unknown thumbprint", { clientCertificate: { thumbprintSha256: "AB".repeat(32), privateKey: certificate.key } }, GRAPH, tenant, "invalid_client", 700027, 401],
    ["a certificate of another application", { clientCertificate: { thumbprintSha256: certificate.sha256, privateKey: certificate.key } }, GRAPH, tenants[1], "invalid_client", 700027, 401],
    ["an application nobody knows", secret, GRAPH, { ...tenant, client_id: "11111111-2222-4333-8444-555555555555" }, "unauthorized_client", 700016, 400],
    ["an API that is not there", secret, "https://api.example.com/.default", tenant, "invalid_resource", 500011, 400],
  ];
  for (const [what, credential, scope, who, code, number, status] of errors) {
    await check(`msal ${version}: ${what} is a ServerError with ${number}`, async () => {
      const e = await refused(ask(credential, scope, who));
      equal(e.name, "ServerError");
      equal(e.errorCode, code);
      equal(String(e.errorNo), String(number));
      equal(e.status, status);
      if (!e.errorMessage.includes(`AADSTS${number}: `)) throw new Error(e.errorMessage);
    });
  }
}

// The multi-tenant application before and after an administrator opened the link.
async function consent() {
  const tenant = { ...app, tenant_id: tenants[1].tenant_id };
  const ask = () => application(msal7, tenant, { clientSecret: app.client_secret }).acquireTokenByClientCredential({ scopes: [GRAPH] });
  await check("consent: before it, no service principal", async () => {
    equal(String((await refused(ask())).errorNo), "7000229");
  });
  await check("consent: after it, a token with roles", async () => {
    const back = encodeURIComponent("http://localhost:4711/consent");
    const link = `${url}/${tenant.tenant_id}/adminconsent?client_id=${app.client_id}&redirect_uri=${back}&state=x`;
    const answer = await fetch(link, { redirect: "manual" });
    equal(answer.status, 302);
    equal(new URL(answer.headers.get("location")).searchParams.get("admin_consent"), "True");
    if (!claims((await ask()).accessToken).roles.includes("ThreatHunting.Read.All")) throw new Error("it has no roles");
  });
}

function graphClient(tenant) {
  const own = application(msal7, tenant, { clientSecret: tenant.client_secret });
  const getAccessToken = async () => (await own.acquireTokenByClientCredential({ scopes: [GRAPH] })).accessToken;
  return Client.initWithMiddleware({ baseUrl: url, customHosts: new Set([new URL(url).hostname]), authProvider: { getAccessToken } });
}

async function walk(client, first) {
  const ids = new Set();
  let count = 0;
  await new PageIterator(client, first, (object) => {
    ids.add(object.id);
    count++;
    return true;
  }).iterate();
  equal(ids.size, count);
  return count;
}

async function graph() {
  const client = graphClient(tenants[0]);
  for (const [feed, path, top] of [["alerts", "/security/alerts_v2", 7], ["incidents", "/security/incidents", 3]]) {
    await check(`graph: ${feed}, page by page`, async () => {
      const first = await client.api(path).top(top).get();
      equal(first.value.length, top);
      if (!first["@odata.nextLink"]) throw new Error("one page is all");
      equal(await walk(client, first), given.counts[feed]);
    });
    await check(`graph: ${feed} of beta, filtered`, async () => {
      const found = await client.api(path).version("beta").filter("createdDateTime ge 2020-01-01T00:00:00Z and status ne 'x'").top(5).get();
      equal(found.value.length, 5);
    });
  }
  await check("graph: a hunting query", async () => {
    const answer = await client.api("/security/runHuntingQuery").post({ Query: "DeviceProcessEvents | take 5", Timespan: "P1D" });
    equal(answer.results.length, 5);
    if (!answer.schema.some((column) => (column.name ?? column.Name) === "Timestamp")) throw new Error("no schema");
  });
  await check("graph: a query that is none", async () => {
    const e = await refused(client.api("/security/runHuntingQuery").post({ Query: "NoSuchTable" }));
    equal(e.statusCode, 400);
    equal(e.code, "BadRequest");
  });
  await check("graph: a missing role", async () => {
    const e = await refused(graphClient(tenants[2]).api("/security/alerts_v2").get());
    equal(e.statusCode, 403);
    equal(e.code, "Forbidden");
  });
  await check("graph: throttled, it waits as told and succeeds", async () => {
    const faults = (spec) => fetch(`${url}/twin/faults`, { method: "POST", body: spec });
    await client.api("/security/incidents").top(1).get(); // the token is there
    await faults("429=1");
    const began = performance.now();
    const found = client.api("/security/incidents").top(1).get();
    await sleep(300);
    await faults("");
    equal((await found).value.length, 1);
    if (performance.now() - began < 400) throw new Error("it did not wait");
  });
}

await tokens(msal7, 7);
await tokens(msal3, 3);
await consent();
await graph();
