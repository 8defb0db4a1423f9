import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importKey, signerFromEd25519Seed, signerFromP256Scalar } from "../../src/protocol/signature.ts";
import { requestProblem, signRequest } from "../../src/protocol/signed-request.ts";

const NOW_MS = 1_800_000_000_000;
const PATH = "/v1/devices/x/routes?a=1";

describe.each([
  ["Ed25519", signerFromEd25519Seed(new Uint8Array(32).fill(1))],
  ["P-256", signerFromP256Scalar(new Uint8Array(32).fill(1))],
])("a request signed by %s", (_, signer) => {
  const key = importKey(signer.publicKey);
  const problem = (value: string, path = PATH, nowMs = NOW_MS) =>
    requestProblem(value, "device", "GET", path, nowMs, key);

  test("is taken for its address, within a minute of its time either way", () => {
    const value = signRequest("device", "GET", PATH, NOW_MS, signer);
    for (const off of [-60_000, 0, 60_000]) expect(problem(value, PATH, NOW_MS + off)).toBeUndefined();
    for (const off of [-60_001, 60_001]) expect(problem(value, PATH, NOW_MS + off)).toContain("within a minute");
    expect(problem(value, "/v1/devices/y/routes")).toBe("the signature of this very request");
  });

  test("is not taken for another role, another method, or under another key", () => {
    const value = signRequest("device", "GET", PATH, NOW_MS, signer);
    const other = importKey(signerFromEd25519Seed(new Uint8Array(32).fill(9)).publicKey);
    expect(requestProblem(value, "owner", "GET", PATH, NOW_MS, key)).toBeDefined();
    expect(requestProblem(value, "device", "POST", PATH, NOW_MS, key)).toBeDefined();
    expect(requestProblem(value, "device", "GET", PATH, NOW_MS, other)).toBeDefined();
  });

  test("is refused in words when it is anything else, and nothing throws", () => {
    const good = signRequest("device", "GET", PATH, NOW_MS, signer);
    for (const value of [
      "",
      "1",
      `${NOW_MS}`,
      `${NOW_MS} x`,
      `${NOW_MS} AAAA`,
      `${good} more`,
      `-${good}`,
      ` ${good}`,
    ]) {
      expect(problem(value), value).toEqual(expect.any(String));
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), (value) => {
        expect(problem(value)).toEqual(expect.any(String));
      }),
    );
  });
});
