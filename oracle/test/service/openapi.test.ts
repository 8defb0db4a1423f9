/** The description of the whole API, and a fuzzer that takes it at its word (schemathesis, in a venv that .ci/run makes). */
import { join } from "node:path";
import { ORACLE_API } from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EPOCH, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { WholeService } from "./whole-service.ts";

const SCHEMATHESIS = process.env.EARSHOT_SCHEMATHESIS;
const SETTINGS = join(import.meta.dirname, "schemathesis.toml");
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const folders = new TemporaryFolders("openapi");

let service: WholeService;
beforeAll(async () => {
  service = await WholeService.start(folders.next(), [smallEpoch(), smallEpoch({ epoch: EPOCH + 1, uploads: false })]);
  // A closed epoch, so that there is something to tell.
  if (SCHEMATHESIS !== undefined) await service.play(0);
}, 300_000);
afterAll(() => service.stop());

test("describes every route of the interface, and the page that shows it is there", async () => {
  const { paths } = (await service.app.inject({ method: "GET", url: "/openapi.json" })).json();
  const described = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  for (const { method, path } of Object.values(ORACLE_API)) expect(described).toContain(`${method} ${path}`);
  expect(described).toEqual(expect.arrayContaining(["GET /healthz", "GET /readyz", "GET /metrics"]));
  expect((await service.app.inject({ method: "GET", url: "/docs/" })).statusCode).toBe(200);
});

test("an address that is none, or has too long a parameter, is answered in the form of the interface", async () => {
  for (const url of ["/v1/cells/%zz", `/v1/cells/${"8".repeat(2000)}`]) {
    const answer = await service.app.inject({ method: "GET", url });
    expect([answer.statusCode, answer.json().code], url.slice(0, 20)).toEqual([400, "bad_request"]);
  }
});

test("every number in an address has its limits, and none of them takes more than any number", async () => {
  type Parameter = { in: string; name: string; schema: { type?: string; minimum?: number; maximum?: number } };
  const { paths } = (await service.app.inject({ method: "GET", url: "/openapi.json" })).json();
  const asked: string[] = [];
  for (const [path, { get }] of Object.entries<{ get?: { parameters?: Parameter[] } }>(paths)) {
    for (const { in: place, name, schema } of get?.parameters ?? []) {
      if (schema.type !== "integer" && schema.type !== "number") continue;
      expect([schema.minimum, schema.maximum], `${path} ${name}`).toEqual([expect.any(Number), expect.any(Number)]);
      for (const value of ["Infinity", "-Infinity", "NaN", "1e400"]) {
        const full = path.replace(`{${name}}`, value).replace(/\{\w+\}/g, "1");
        const url = place === "query" ? `${full}?${name}=${value}` : full;
        const answer = await service.app.inject({ method: "GET", url });
        expect([answer.statusCode, answer.json().code], url).toEqual([400, "bad_request"]);
        asked.push(url);
      }
    }
  }
  expect(asked.length).toBeGreaterThan(100);
});

test.skipIf(SCHEMATHESIS === undefined)(
  "holds against a fuzzer of the description: no server error, no undescribed status, type or answer",
  async () => {
    const url = await service.app.listen({ host: "127.0.0.1", port: 0 });
    const run = ["run", `${url}/openapi.json`, `--max-examples=${2 * soak}`, "--continue-on-failure", "--no-color"];
    const fuzzer = Bun.spawn([SCHEMATHESIS!, "--config-file", SETTINGS, ...run], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folders.root,
    });
    const said = await new Response(fuzzer.stdout).text();
    expect(await fuzzer.exited, said.slice(said.indexOf("FAILURES")).slice(0, 6000)).toBe(0);
  },
  3_600_000,
);
