// A day of somebody who writes against the API with what a generator made of its document. Nothing is cast: what does not compile was not promised.
import createClient from "openapi-fetch";
import type { components, paths } from "./portcullis";

declare const process: { argv: string[] };

const [url, token, device] = [process.argv[2]!, process.argv[3]!, process.argv[4]!];
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });
type Problem = components["schemas"]["Problem"];
type Tenant = paths["/api/v1/tenants"]["get"]["responses"][200]["content"]["application/json"]["tenants"][number];

type Body = NonNullable<paths["/api/v1/organizations"]["post"]["requestBody"]>["content"]["application/json"];

const out: Record<string, unknown> = {};

function fail(problem: Problem): never {
  const kind: "retry" | "uncertain" | "auth" | "input" | "limit" | "storage" | "corrupt" = problem.kind;
  throw new Error(`${kind} ${problem.code}: ${problem.detail}. ${problem.remedy}`);
}

async function tenants(): Promise<Tenant[]> {
  const all: Tenant[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/api/v1/tenants", { params: { query: { limit: 1, cursor } } });
    if (error) fail(error);
    all.push(...data.tenants);
    cursor = data.next ?? undefined;
  } while (cursor);
  return all;
}

const seen = await tenants();
const first: string = seen[0]?.tenant_id ?? "";
const enabled: boolean | undefined = seen[0]!.enabled;
out.tenants = seen.map((t) => t.tenant_id);
out.enabled = enabled;

// A setting, held to what was read; somebody else is quicker.
const which = { params: { path: { name: "isolation" }, query: { tenant: first } } } as const;
const before = await api.GET("/api/v1/settings/{name}", which);
if (before.error) fail(before.error);
const etag = before.response.headers.get("ETag")!;
const put = (value: string, tag: string) =>
  api.PUT("/api/v1/settings/{name}", { params: { path: { name: "isolation" }, header: { "If-Match": tag } }, body: { value, tenant: first } });
const set = await put("selective", etag);
if (set.error) fail(set.error);
const late = await put("full", etag);
out.late = [late.response.status, late.error?.code];
const after = await api.GET("/api/v1/settings/{name}", which);
if (after.error) fail(after.error);
const value: string | undefined = after.data.value;
out.setting = [before.data.value, value, after.data.from];
const same = await api.GET("/api/v1/settings/{name}", { params: { ...which.params, header: { "If-None-Match": after.response.headers.get("ETag")! } } });
out.unchanged = same.response.status;

// An order, sent twice since the first answer was lost.
const order = () =>
  api.POST("/api/v1/devices/{device}/isolate", {
    params: { path: { device }, header: { "Idempotency-Key": "typed-client-1" } },
    body: { tenant: first, reason: "a typed client's" },
  });
const one = await order();
if (one.error) fail(one.error);
const two = await order();
if (two.error) fail(two.error);
out.orders = [one.data, two.data];
out.order_status = [one.response.status, two.response.status];

// What is wrong is said in types, too.
const nobody = await api.GET("/api/v1/tenants/{tenant}", { params: { path: { tenant: "nobody" } } });
if (nobody.error) {
  const problem: Problem = nobody.error;
  out.problem = [problem.status, problem.code, problem.kind, problem.remedy.length > 0];
}
// @ts-expect-error: a member that the operation does not take
const extra = await api.POST("/api/v1/organizations", { body: { name: "x", colour: "red" } satisfies Body });
out.extra = extra.error?.code;
// @ts-expect-error: a path that is not there
void (() => api.GET("/api/v1/nothing", {}));
console.log(JSON.stringify(out));
