/** The description of the API, and a fuzzer that takes it at its word (schemathesis, in a venv that .ci/run makes). */
import { ORACLE_API } from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hotspotAccount, TestDevice } from "./test-device.ts";
import { TestService } from "./test-service.ts";

const SCHEMATHESIS = process.env.EARSHOT_SCHEMATHESIS;
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
/** Routes of the interface that other parts of the oracle add. */
const ELSEWHERE = ["getRoutes"];

let service: TestService;
let url: string;
beforeAll(async () => {
  service = await TestService.start({ isDescribed: true });
  service.registry.putHotspot(hotspotAccount(new TestDevice(1).key), 1);
  url = await service.listen();
});
afterAll(() => service.dispose());

test("describes every route of the interface, and the page that shows it is there", async () => {
  const { json } = await service.get("/openapi.json");
  const described = Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  for (const [name, { method, path }] of Object.entries(ORACLE_API)) {
    if (!ELSEWHERE.includes(name)) expect(described).toContain(`${method} ${path}`);
  }
  expect(described).toEqual(expect.arrayContaining(["GET /healthz", "GET /readyz", "GET /metrics"]));
  expect((await service.app.inject({ method: "GET", url: "/docs/" })).statusCode).toBe(200);
});

test.skipIf(SCHEMATHESIS === undefined)(
  "holds against a fuzzer of the description: no server error, no undescribed status, type or answer",
  async () => {
    const fuzzer = Bun.spawn(
      [
        SCHEMATHESIS!,
        "run",
        `${url}/openapi.json`,
        `--max-examples=${20 * soak}`,
        "--continue-on-failure",
        // A key has a checksum, which no schema says; and a method that there is not is a route that there is not.
        "--exclude-checks=positive_data_acceptance,unsupported_method",
      ],
      { stdio: ["ignore", "pipe", "pipe"], cwd: service.folder },
    );
    const said = await new Response(fuzzer.stdout).text();
    expect(await fuzzer.exited, said.slice(-6000)).toBe(0);
  },
  3_600_000,
);
