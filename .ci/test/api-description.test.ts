import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ORACLE_API } from "../../poc/src/protocol/oracle-api.ts";
import { answerSchema, apiPaths } from "../reference/api-description.ts";
import { apiPages } from "../reference/api-pages.ts";

const oracle = join(import.meta.dirname, "..", "..", "oracle", "src");
const routes = Object.entries(apiPaths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, route]) => ({ path, method, route })),
);

test("every route of the service that says what it is for is described", () => {
  const described = new Set(routes.map(({ route }) => route.summary));
  const files = [...new Bun.Glob("**/*-{routes,part}.ts").scanSync({ cwd: oracle })];
  const summaries = files.flatMap((file) =>
    [...readFileSync(join(oracle, file), "utf8").matchAll(/\bsummary:\s*"([^"]+)"/g)].map(([, text]) => text),
  );
  expect(summaries.length).toBeGreaterThan(40);
  for (const summary of summaries) expect(described).toContain(summary);
});

test("every route of the interface between agents and oracles is described", () => {
  for (const { method, path } of Object.values(ORACLE_API)) {
    expect(Object.keys(apiPaths[path] ?? {}), path).toContain(method.toLowerCase());
  }
});

test("an answer is told member by member, those of lists with brackets, and what may be missing", () => {
  expect(answerSchema(apiPaths["/v1/hotspots/{key}"]!.get!)?.properties).toHaveProperty("hotspot");
  const page = apiPages();
  expect(page).toContain("### GET /v1/hotspots/{key}/explanation\n");
  expect(page).toContain("| `receptions[].freeSpace.excessLossDdb` | integer |");
  expect(page).toContain("| `exactCell` | string or null, may be missing |");
});
