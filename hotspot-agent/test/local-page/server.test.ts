import { afterEach, describe, expect, test } from "vitest";
import { fetchStatus } from "../../src/local-page/client.ts";
import { type LocalPage, type LocalPageSources, serveLocalPage } from "../../src/local-page/server.ts";
import { healthyGateway, healthyStatus } from "../doubles/agent-status.ts";

const pages: LocalPage[] = [];
afterEach(async () => {
  for (const page of pages.splice(0)) await page.stop();
});

function serve(change: Partial<LocalPageSources> = {}) {
  const page = serveLocalPage(
    { host: "127.0.0.1", port: 0 },
    { status: () => healthyStatus, metrics: () => "earshot_up 1\n", unhealthy: () => undefined, ...change },
  );
  pages.push(page);
  return { page, get: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${page.port}${path}`, init) };
}

describe("the local page", () => {
  test("shows the hotspot's name, key and findings", async () => {
    const { get } = serve();
    const response = await get("/");
    const text = await response.text();
    for (const shown of [
      healthyGateway.name,
      healthyGateway.key,
      "mqtts://ns.example.org:8883",
      "forwarder aa555a0000000101",
    ]) {
      expect(text).toContain(shown);
    }
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("escapes what came from outside", async () => {
    const evil = "<script>alert(1)</script>";
    const status = { ...healthyStatus, gateways: [{ ...healthyGateway, name: evil }] };
    const { get } = serve({ status: () => status });
    expect(await (await get("/")).text()).not.toContain("<script");
  });

  test("gives metrics, health and status", async () => {
    const { get, page } = serve();
    expect(await (await get("/metrics")).text()).toBe("earshot_up 1\n");
    expect((await get("/healthz")).status).toBe(200);
    expect(await fetchStatus({ host: "127.0.0.1", port: page.port })).toEqual(healthyStatus);
  });

  test("says why it is not healthy", async () => {
    const { get } = serve({ unhealthy: () => "The disk takes nothing." });
    const response = await get("/healthz");
    expect([response.status, await response.text()]).toEqual([503, "The disk takes nothing.\n"]);
  });

  test("answers a failing source with 500 and lives on", async () => {
    const { get } = serve({
      metrics: () => {
        throw new Error("no");
      },
    });
    expect((await get("/metrics")).status).toBe(500);
    expect((await get("/healthz")).status).toBe(200);
  });

  test("refuses other methods, other paths and other host names", async () => {
    const { get } = serve();
    expect((await get("/", { method: "POST" })).status).toBe(405);
    expect((await get("/etc/passwd")).status).toBe(404);
    expect((await get("/status.json", { headers: { host: "attacker.example.org" } })).status).toBe(421);
  });

  test("is served on loopback only, and says when its port is taken", () => {
    const { page } = serve();
    const sources = { status: () => healthyStatus, metrics: () => "", unhealthy: () => undefined };
    expect(() => serveLocalPage({ host: "0.0.0.0", port: 0 }, sources)).toThrow("AGT_PAGE_FAILED");
    expect(() => serveLocalPage({ host: "127.0.0.1", port: page.port }, sources)).toThrow("AGT_PAGE_FAILED");
  });

  test("is not mistaken for another program at its port", async () => {
    const other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ hello: 1 }) });
    expect(await fetchStatus({ host: "127.0.0.1", port: other.port! })).toBeUndefined();
    await other.stop(true);
    expect(await fetchStatus({ host: "127.0.0.1", port: other.port! })).toBeUndefined();
  });
});
