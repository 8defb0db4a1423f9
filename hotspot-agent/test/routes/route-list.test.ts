import { keyToText, type RouteList, type RoutesAnswer, signerFromEd25519Seed, signJson } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TrustedSigners } from "../../src/proof/trusted-signers.ts";
import { checkRouteList } from "../../src/routes/route-list.ts";
import { routesAnswer, testRoute } from "../doubles/routes.ts";

const oracle = signerFromEd25519Seed(new Uint8Array(32).fill(1));
const stranger = signerFromEd25519Seed(new Uint8Array(32).fill(2));
const hotspot = keyToText(signerFromEd25519Seed(new Uint8Array(32).fill(3)).publicKey);
const nowMs = 1_700_000_000_000;
const context = {
  signers: new TrustedSigners(7, [keyToText(oracle.publicKey)]),
  keyText: hotspot,
  network: 7,
  nowMs,
};
const list: RouteList = {
  hotspot,
  network: 7,
  issuedMs: nowMs - 1000,
  validUntilMs: nowMs + 3_600_000,
  routes: [testRoute(1), testRoute(2, { devAddrRanges: [], joinEuis: ["0000000000000001"] })],
};

/** What travels: JSON text and back. */
const wire = (answer: RoutesAnswer): unknown => JSON.parse(JSON.stringify(answer));
const check = (changed: Partial<RouteList>, signer = oracle) =>
  checkRouteList(wire(routesAnswer({ ...list, ...changed }, signer)), context);

test("takes a list that a trusted key signed for this hotspot", () => {
  expect(checkRouteList(wire(routesAnswer(list, oracle)), context)).toEqual({ status: "ok", list });
});

describe("refuses", () => {
  test.each([
    ["unknown_signer", {}, stranger],
    ["other_hotspot", { hotspot: keyToText(stranger.publicKey) }, oracle],
    ["other_network", { network: 8 }, oracle],
    ["expired", { validUntilMs: nowMs }, oracle],
    ["from_the_future", { issuedMs: nowMs + 300_001 }, oracle],
  ] as const)("%s", (reason, changed, signer) => {
    expect(check(changed, signer)).toEqual({ status: "refused", reason });
  });

  test("a signature over the same bytes for another purpose", () => {
    const answer = {
      ...routesAnswer(list, oracle),
      signature: Buffer.from(oracle.sign(new Uint8Array(46))).toString("base64"),
    };
    expect(checkRouteList(wire(answer), context)).toEqual({ status: "refused", reason: "bad_signature" });
  });

  test.each([
    { host: "bro ker" },
    { host: "user@broker" },
    { host: "" },
    { port: 0 },
    { port: 65_536 },
    { certificateAuthority: 5 },
  ])("a server that is none, though it is signed: %o", (changed) => {
    const { server } = testRoute(1);
    const route = { ...testRoute(1), server: { ...server, ...changed } };
    expect(check({ routes: [route as never] })).toEqual({ status: "refused", reason: "bad_shape" });
  });

  test.each([
    { topicPrefix: "eu868/#" },
    { topicPrefix: "+" },
    { topicPrefix: "$SYS" },
    { devAddrRanges: [{ first: 2, last: 1 }] },
    { devAddrRanges: [{ first: -1, last: 1 }] },
    { joinEuis: ["1"] },
    { joinEuis: ["000000000000000G"] },
    { maxCopies: 0 },
    { routeId: 2 ** 32 },
    { credentials: { username: "a\0b", password: "" } },
  ])("a route with a wrong value: %o", (changed) => {
    expect(check({ routes: [{ ...testRoute(1), ...changed }] })).toEqual({ status: "refused", reason: "bad_shape" });
  });

  test("two routes with one id", () => {
    expect(check({ routes: [testRoute(1), testRoute(1)] })).toEqual({ status: "refused", reason: "bad_shape" });
  });
});

test("is not taken with any one character of the list changed", () => {
  const text = JSON.stringify(routesAnswer(list, oracle));
  const listEnd = text.indexOf('"signer"');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: listEnd - 1 }), fc.constantFrom("0", "1", "a", '"', "}", " "), (at, char) => {
      fc.pre(text[at] !== char);
      let answer: unknown;
      try {
        answer = JSON.parse(text.slice(0, at) + char + text.slice(at + 1));
      } catch {
        return;
      }
      expect(checkRouteList(answer, context).status).toBe("refused");
    }),
    { numRuns: 300 * Number(process.env.EARSHOT_SOAK ?? 1) },
  );
});

test("never throws, whatever JSON comes", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(checkRouteList(value, context).status).toBe("refused");
      const signed = { list: value, signer: keyToText(oracle.publicKey), signature: sign(value) };
      expect(checkRouteList(signed, context).status).toBe("refused");
    }),
    { numRuns: 200 * Number(process.env.EARSHOT_SOAK ?? 1) },
  );
});

function sign(value: unknown): string {
  try {
    return Buffer.from(signJson("earshot-routes", value, oracle)).toString("base64");
  } catch {
    return "";
  }
}
