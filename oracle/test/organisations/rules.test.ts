import { base58Text, keyToText, sha256, signerFromEd25519Seed, signerFromP256Scalar } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiKeyHash, apiKeyId, apiKeyText, bearerOf } from "../../src/organisations/api-key.ts";
import { crossing, GIVE_UP_MS, nextTryMs } from "../../src/organisations/low-balance.ts";
import { type Organisation, reaches, roleOf } from "../../src/organisations/organisation.ts";
import { placeProblem, type RouteRules } from "../../src/organisations/place-route.ts";
import { isPrivateAddress, isPrivateHost } from "../../src/organisations/private-address.ts";
import { MAX_TOLD_BYTES, overlapOf, readRouteDraft } from "../../src/organisations/route-draft.ts";
import {
  freeRouteNumber,
  isRouteNumberOf,
  NUMBERS_OF_A_WALLET,
  routeNumber,
} from "../../src/organisations/route-number.ts";
import { readSignedChange, signChange } from "../../src/organisations/signed-change.ts";
import { isWallet, signerKey } from "../../src/organisations/signer.ts";
import { readRoute } from "../../src/routes/route-definition.ts";
import { MOST_ROUTES } from "../../src/routes/route-list.ts";
import { routeBody, routeKey, wallet, walletText } from "./people.ts";

const NOW_MS = 1_800_000_000_000;
const oracle = keyToText(signerFromEd25519Seed(new Uint8Array(32).fill(9)).publicKey);

describe("a signed change", () => {
  const request = {
    method: "PUT",
    path: `/v1/organisations/${walletText}`,
    body: new TextEncoder().encode('{"name":"a"}'),
  };
  const header = signChange(request, { timeMs: NOW_MS, revision: 4, oracle }, walletText, wallet);

  test("is read back with its signer and the revision it names", () => {
    expect(readSignedChange(header, request, oracle, NOW_MS)).toEqual({
      status: "signed",
      signer: walletText,
      revision: 4,
    });
  });

  test("may be a route key's, Ed25519 or P-256", () => {
    for (const key of [routeKey, signerFromP256Scalar(new Uint8Array(32).fill(3))]) {
      const text = keyToText(key.publicKey);
      const signed = signChange(request, { timeMs: NOW_MS, revision: 0, oracle }, text, key);
      expect(readSignedChange(signed, request, oracle, NOW_MS)).toMatchObject({ status: "signed", signer: text });
    }
  });

  test.each([
    ["another method", { ...request, method: "DELETE" }, oracle],
    ["another path", { ...request, path: `${request.path}?x` }, oracle],
    ["another body", { ...request, body: new TextEncoder().encode('{"name":"b"}') }, oracle],
    ["another oracle", request, walletText],
  ])("does not hold for %s", (_, other, at) => {
    expect(readSignedChange(header, other, at, NOW_MS)).toMatchObject({ status: "refused", code: "bad_signature" });
  });

  test("does not hold under another revision, time or name than the signed ones", () => {
    const [signer, revision, time, signature] = header.split(" ") as [string, string, string, string];
    const other = base58Text(signerFromEd25519Seed(new Uint8Array(32).fill(77)).publicKey.subarray(1));
    for (const changed of [
      `${signer} ${Number(revision) + 1} ${time} ${signature}`,
      `${signer} ${revision} ${Number(time) + 1} ${signature}`,
      `${other} ${revision} ${time} ${signature}`,
    ]) {
      expect(readSignedChange(changed, request, oracle, NOW_MS)).toMatchObject({ code: "bad_signature" });
    }
  });

  test("is good for a minute around its time and no longer", () => {
    expect(readSignedChange(header, request, oracle, NOW_MS + 60_000).status).toBe("signed");
    expect(readSignedChange(header, request, oracle, NOW_MS - 60_000).status).toBe("signed");
    expect(readSignedChange(header, request, oracle, NOW_MS + 60_001)).toMatchObject({ code: "bad_request" });
    expect(readSignedChange(header, request, oracle, NOW_MS - 60_001)).toMatchObject({ code: "bad_request" });
  });

  test("of any text is refused, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant(""), fc.constant(header.slice(1))),
        (text) => {
          expect(readSignedChange(text, request, oracle, NOW_MS).status).toBe("refused");
        },
      ),
    );
  });

  test("with one character changed is refused", () => {
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.constantFrom(..."0aZ/ +="), (at, letter) => {
        fc.pre(header[at] !== letter);
        const changed = header.slice(0, at) + letter + header.slice(at + 1);
        expect(readSignedChange(changed, request, oracle, NOW_MS).status).toBe("refused");
      }),
    );
  });
});

test("a signer is a wallet or a key in its text form, and nothing else", () => {
  expect(isWallet(walletText)).toBe(true);
  expect(isWallet(keyToText(routeKey.publicKey))).toBe(false);
  expect(signerKey(keyToText(routeKey.publicKey))).toBeDefined();
  // The identity and other small-order points sign for everybody.
  expect(isWallet(base58Text(new Uint8Array(32)))).toBe(false);
  for (const text of ["", "1", "0OIl", "é".repeat(40), walletText.repeat(9)]) {
    expect(signerKey(text), text).toBeUndefined();
  }
});

test("the wallet owns, its route keys edit, members are what the owner says, strangers nothing", () => {
  const organisation: Organisation = {
    wallet: "W",
    name: "a",
    revision: 1,
    webhook: null,
    members: [
      { member: "M", role: "viewer", name: "m" },
      { member: "E", role: "editor", name: "e" },
    ],
  };
  const roles = ["W", "K", "M", "E", "S"].map((signer) => roleOf(organisation, ["K"], signer));
  expect(roles).toEqual(["owner", "editor", "viewer", "editor", undefined]);
  expect(roles.map((role) => reaches(role, "editor"))).toEqual([true, true, false, true, false]);
  expect(roles.map((role) => reaches(role, "owner"))).toEqual([true, false, false, false, false]);
});

describe("numbers of routes", () => {
  test("are above those of files, differ for a wallet, and are known as the wallet's", () => {
    const bytes = wallet.publicKey.slice(1);
    const numbers = Array.from({ length: NUMBERS_OF_A_WALLET }, (_, ordinal) => routeNumber(bytes, ordinal));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(2 ** 31);
    expect(Math.max(...numbers)).toBeLessThan(2 ** 32);
    expect(new Set(numbers).size).toBe(NUMBERS_OF_A_WALLET);
    expect(numbers.every((number) => isRouteNumberOf(bytes, number))).toBe(true);
    expect(isRouteNumberOf(new Uint8Array(32).fill(1), numbers[0]!)).toBe(false);
  });

  test("are the first bytes of a hash, as the ADR has it", () => {
    const bytes = new Uint8Array(32).fill(5);
    const digest = sha256(new TextEncoder().encode("earshot-route"), bytes, Uint8Array.of(7));
    const first = digest[0]! * 2 ** 24 + digest[1]! * 2 ** 16 + digest[2]! * 2 ** 8 + digest[3]!;
    expect(routeNumber(bytes, 7)).toBe(2 ** 31 + Math.floor(first / 2));
  });

  test("are given in their order, without those that are taken, until none is left", () => {
    const bytes = wallet.publicKey.slice(1);
    const taken = new Set<number>();
    for (let ordinal = 0; ordinal < NUMBERS_OF_A_WALLET; ordinal++) {
      const given = freeRouteNumber(bytes, (number) => taken.has(number));
      expect(given).toBe(routeNumber(bytes, ordinal));
      taken.add(given!);
    }
    expect(freeRouteNumber(bytes, (number) => taken.has(number))).toBeUndefined();
  });
});

describe("a route that an organisation sends", () => {
  const payer = keyToText(routeKey.publicKey);
  const context = { routeId: 2 ** 31, routeKeys: [payer], credentialSecret: undefined, mayBePrivate: false };
  const faultsOf = (value: unknown, change = {}) => {
    const draft = readRouteDraft(value, { ...context, ...change });
    return draft.status === "ok" ? [] : draft.faults.map(({ path }) => path);
  };

  test("gets its number, and its payer where there is one route key", () => {
    const draft = readRouteDraft(routeBody(), context);
    expect(draft).toMatchObject({ status: "ok", route: { routeId: 2 ** 31, payer } });
    expect(faultsOf(routeBody(), { routeKeys: [payer, oracle] })).toContain("/");
    expect(faultsOf({ ...routeBody(), payer }, { routeKeys: [payer, oracle] })).toEqual([]);
  });

  test("passes the very checks of a file, with the very words", () => {
    for (const change of [
      { devAddrs: ["26011001/20"] },
      { netIds: ["13"] },
      { maxCopies: 0 },
      { topicPrefix: "eu868/#" },
      { server: { host: "a b", port: 1, certificateAuthority: null } },
      { credentialSecret: "AB" },
      { colour: "red" },
      { devAddrs: [], joinEuis: [] },
    ]) {
      const body = { ...routeBody(), ...change };
      const file = readRoute({ payer, ...body, routeId: 2 ** 31 });
      const draft = readRouteDraft(body, context);
      expect(draft).toEqual(file);
      expect(draft.status).toBe("refused");
    }
  });

  test.each([
    ["another number", { routeId: 7 }, "/routeId"],
    ["the operator's word", { contestsSettledThrough: 4 }, "/contestsSettledThrough"],
    ["somebody else's route key", { payer: oracle }, "/payer"],
    ["a broker in a home", { server: { host: "192.168.1.4", port: 8883, certificateAuthority: null } }, "/server/host"],
    [
      "a broker at the agent itself",
      { server: { host: "localhost", port: 8883, certificateAuthority: null } },
      "/server/host",
    ],
    [
      "a certificate that fills agents' lists",
      { server: { host: "a.example", port: 1, certificateAuthority: "x".repeat(MAX_TOLD_BYTES) } },
      "/",
    ],
  ])("with %s is refused where it is wrong", (_, change, path) => {
    expect(faultsOf({ ...routeBody(), ...change })).toContain(path);
  });

  test("may have a private broker where the operator allows it", () => {
    const body = { ...routeBody(), server: { host: "127.0.0.1", port: 8883, certificateAuthority: null } };
    expect(faultsOf(body, { mayBePrivate: true })).toEqual([]);
  });

  test("keeps its secret when a change leaves it out, and needs one at first", () => {
    const { credentialSecret, ...body } = routeBody();
    expect(readRouteDraft(body, context).status).toBe("refused");
    const draft = readRouteDraft(body, { ...context, credentialSecret: "cd".repeat(32) });
    expect(draft).toMatchObject({ status: "ok", route: { credentialSecret: "cd".repeat(32) } });
    expect(credentialSecret).not.toBe("cd".repeat(32));
  });

  test("of any shape is read or refused, and never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(readRouteDraft(value, context).status).toBe("refused");
      }),
    );
  });
});

describe("where a route may stand", () => {
  const rules: RouteRules = {
    maxRoutes: 3,
    maxAddresses: 1 << 20,
    mayOverlap: new Set(),
    refused: new Set(),
    mayBePrivate: false,
  };
  const payer = keyToText(routeKey.publicKey);
  const route = (routeId: number, change: object) => {
    const read = readRoute({ payer, ...routeBody(), ...change, routeId });
    if (read.status === "refused") throw new Error(JSON.stringify(read.faults));
    return read;
  };
  const draft = route(1, { devAddrs: ["26011000/20"], joinEuis: ["70b3d57ed0000001"] });
  const problem = (others: object[], own: object[] = [], change: Partial<RouteRules> = {}) =>
    placeProblem(
      walletText,
      draft,
      {
        own: own.map((one, at) => route(100 + at, one)),
        others: others.map((one, at) => route(200 + at, one)),
      },
      { ...rules, ...change },
    );

  test.each([
    ["beside its last address", ["26012000/20"], [], undefined],
    ["on its last address", ["26011fff"], [], "DevAddr 26011fff-26011fff"],
    ["on its first address", ["26010000-26011000"], [], "DevAddr 26011000-26011000"],
    ["all over it", ["26000000/7"], [], "DevAddr 26011000-26011fff"],
    ["on its JoinEUI, in capitals", ["20000000"], ["70B3D57ED0000001"], "JoinEUI 70b3d57ed0000001"],
  ])("another payer's route %s", (_, devAddrs, joinEuis, overlap) => {
    expect(problem([{ devAddrs, joinEuis }])).toEqual(
      overlap === undefined
        ? undefined
        : {
            status: "refused",
            code: "route_overlap",
            expected: "addresses that no other payer's route has",
            got: `${overlap} of route 200`,
          },
    );
    expect(problem([{ devAddrs, joinEuis }], [], { mayOverlap: new Set([walletText]) })).toBeUndefined();
    // Its own may meet: whoever pays twice means to.
    expect(
      problem([], [{ devAddrs: devAddrs.map((one) => (one === "26000000/7" ? "26011000/20" : one)), joinEuis }]),
    ).toBeUndefined();
  });

  test("an overlap is found as by looking at every address", () => {
    const range = fc.tuple(fc.nat(40), fc.nat(5)).map(([first, more]) => ({ first, last: first + more }));
    const text = (list: { first: number; last: number }[]) =>
      list.map(({ first, last }) => [first, last].map((at) => at.toString(16).padStart(8, "0")).join("-"));
    const lists = fc.array(range, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const has = (list: typeof a, at: number) => list.some(({ first, last }) => at >= first && at <= last);
        const meets = Array.from({ length: 60 }, (_, at) => at).some((at) => has(a, at) && has(b, at));
        const found = overlapOf(route(1, { devAddrs: text(a) }), route(2, { devAddrs: text(b) }));
        expect(found !== undefined).toBe(meets);
      }),
    );
  });

  test("there are limits to routes, to addresses, and to addresses that belong to nobody", () => {
    expect(
      problem(
        [],
        [{}, {}].map((_, at) => ({ devAddrs: [`3000000${at}`] })),
      ),
    ).toBeUndefined();
    expect(
      problem(
        [],
        [{}, {}, {}].map((_, at) => ({ devAddrs: [`3000000${at}`] })),
      ),
    ).toMatchObject({
      code: "limit_reached",
      expected: "at most 3 routes",
    });
    expect(problem([], [{ devAddrs: ["30000000/12"] }])).toMatchObject({
      code: "limit_reached",
      got: (1 << 20) + 4096,
    });
    expect(problem([], [{ devAddrs: ["01510000/16"] }])).toBeUndefined();
    expect(problem([], [{ devAddrs: ["01510000/16", "00000001"] }])).toMatchObject({
      code: "limit_reached",
      got: 65_537,
    });
    const many = Array.from({ length: MOST_ROUTES }, (_, at) => ({ devAddrs: [(0x4000_0000 + at).toString(16)] }));
    expect(problem(many.slice(1))).toBeUndefined();
    expect(problem(many)).toMatchObject({ code: "limit_reached", got: MOST_ROUTES + 1 });
  });
});

describe("an address", () => {
  test.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
    "2002:a00:1::",
    "not an address",
    "",
  ])("%s is not of the internet", (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  test.each([
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "100.63.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
  ])("%s is", (address) => expect(isPrivateAddress(address)).toBe(false));

  test.each([
    "localhost",
    "LOCALHOST",
    "broker",
    "db.internal",
    "nas.local",
    "a.localhost",
    "x.home.arpa",
    "printer.lan",
    "127.1",
    "0x7f.1",
    "2130706433",
    "1.2.3.0x10",
    "[::1]",
    "::1",
    "192.168.1.1",
    "a.local.",
  ])("host %s is private as it is written", (host) => {
    expect(isPrivateHost(host)).toBe(true);
  });

  test.each(["broker.example.com", "abc.de", "a.example", "8.8.8.8", "localhost.example.com", "[2606:4700::1111]"])(
    "host %s is not",
    (host) => expect(isPrivateHost(host)).toBe(false),
  );
});

describe("an API key", () => {
  test("is 32 bytes behind a prefix, known by its hash alone", () => {
    const text = apiKeyText(new Uint8Array(32).fill(0xff));
    expect(text).toBe(`earshot_${"_".repeat(42)}8`);
    expect(apiKeyHash(text)).toEqual(sha256(new TextEncoder().encode(text)));
    expect(apiKeyId(apiKeyHash(text)!)).toMatch(/^[0-9a-f]{12}$/);
    for (const other of ["", "earshot_", text.slice(1), `${text}a`, text.replace("_", " ")]) {
      expect(apiKeyHash(other)).toBeUndefined();
    }
    expect(() => apiKeyText(new Uint8Array(31))).toThrow(RangeError);
  });

  test("is read from a header of any case, and from nothing else", () => {
    expect(bearerOf("Bearer abc")).toBe("abc");
    expect(bearerOf("bearer  abc")).toBe("abc");
    for (const header of [undefined, "", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "xBearer a"]) {
      expect(bearerOf(header)).toBeUndefined();
    }
  });
});

describe("a low balance", () => {
  test("is told once each time it falls below the limit", () => {
    let isLow = false;
    const told: bigint[] = [];
    for (const balance of [10n, 5n, 4n, 4n, 0n, 5n, 4n, 9n]) {
      const change = crossing(balance, 5n, isLow);
      if (change === "fell") told.push(balance);
      if (change !== "same") isLow = change === "fell";
    }
    expect(told).toEqual([4n, 4n]);
  });

  test("is tried again with pauses that double to an hour, and given up after a day", () => {
    const whole = (attempts: number, ageMs = 0) => nextTryMs(attempts, ageMs, 0);
    expect([1, 2, 3].map((attempts) => whole(attempts))).toEqual([10_000, 20_000, 40_000]);
    expect(whole(30)).toBe(3_600_000);
    expect(nextTryMs(1, 0, 1)).toBe(5000);
    expect(whole(30, GIVE_UP_MS - 3_600_000)).toBe(3_600_000);
    expect(whole(30, GIVE_UP_MS - 3_599_999)).toBeUndefined();
  });
});
