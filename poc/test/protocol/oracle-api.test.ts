import { describe, expect, test } from "vitest";
import { API_ERRORS, apiPath, ORACLE_API } from "../../src/protocol/index.ts";

describe("the oracle's interface", () => {
  test("fills paths with their parameters, escaped", () => {
    expect(apiPath("submitUpload", {})).toBe("/v1/uploads");
    expect(apiPath("getEntropy", { minute: 29_830_320 })).toBe("/v1/entropy/29830320");
    expect(apiPath("getChainHead", { key: "8x/?" })).toBe("/v1/devices/8x%2F%3F/head");
    expect(apiPath("getReceipt", { uploadId: "00ff" })).toBe("/v1/uploads/00ff/receipt");
  });

  test("has no two routes of one method and path, all under one version", () => {
    const routes = Object.values(ORACLE_API);
    expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
    for (const { path } of routes) expect(path).toMatch(/^\/v1\/[a-z{}A-Z/]+$/);
  });

  test("answers errors with a 4xx or 5xx status, conflicts with 409, and retries only what may change", () => {
    for (const [code, { status, retryable }] of Object.entries(API_ERRORS)) {
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status, code).toBeLessThan(600);
      if (status === 429 || status >= 500) expect(retryable, code).toBe(true);
      if (status === 400 || status === 413) expect(retryable, code).toBe(false);
    }
    expect(
      Object.entries(API_ERRORS)
        .filter(([, { status }]) => status === 409)
        .map(([code]) => code),
    ).toEqual(["wrong_predecessor", "chain_fork", "stale_revision", "route_overlap", "limit_reached"]);
  });
});
