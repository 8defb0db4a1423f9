import { sha256 } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contestReceipts, isRouteSuspended } from "../../src/billing/contest.ts";

/** 2 %, as DESIGN has it. */
const LIMIT_UNITS = 200;

interface Claim {
  readonly packet: number;
  readonly hotspot: number;
  readonly route?: number;
}

const hashOf = (packet: number) => sha256(new TextEncoder().encode(`packet ${packet}`));

/** The contest over claims; hotspot h belongs to owner `owners[h]`. */
function contest(
  claims: readonly Claim[],
  owners: readonly number[],
  paid: (packet: number) => boolean,
  refuted = paid,
) {
  const numberOf = new Map(claims.map(({ packet }) => [hashOf(packet).toHex(), packet]));
  const hotspotOwners = new Uint8Array(owners.length * 32);
  for (const [row, owner] of owners.entries()) hotspotOwners.fill(owner, row * 32, row * 32 + 32);
  return contestReceipts({
    receipts: {
      packetHash: new Uint8Array(Buffer.concat(claims.map(({ packet }) => hashOf(packet)))),
      hotspot: Uint32Array.from(claims, ({ hotspot }) => hotspot),
      routeId: Float64Array.from(claims, ({ route = 1 }) => route),
    },
    receiptRows: claims.length,
    hotspotOwners,
    isPaid: (hash) => paid(numberOf.get(hash.toHex())!),
    isRefuted: (hash) => refuted(numberOf.get(hash.toHex())!),
  });
}

const none = () => false;
/** 100 packets, each heard by hotspots 0 and 1 of different owners. */
const heardByTwo = Array.from({ length: 200 }, (_, i) => ({ packet: i >> 1, hotspot: i & 1 }));

describe("a payer that says nothing of every tenth packet", () => {
  const { routes, contested } = contest(heardByTwo, [1, 2], (packet) => packet % 10 !== 0, none);

  test("has its route suspended, and each packet is listed to be paid or refuted", () => {
    expect(routes).toEqual([
      { routeId: 1, receipts: 200, paid: 90, unanswered: 0, contested: 10, refuted: 0, contestedUnits: 1000 },
    ]);
    expect(isRouteSuspended(routes[0]!, LIMIT_UNITS)).toBe(true);
    expect(contested).toHaveLength(10);
  });

  test("is trusted again when it refutes them, and the hotspots bear it", () => {
    const after = contest(
      heardByTwo,
      [1, 2],
      (packet) => packet % 10 !== 0,
      () => true,
    );
    expect(isRouteSuspended(after.routes[0]!, LIMIT_UNITS)).toBe(false);
    expect(after.hotspots.map(({ refutedUnits }) => refutedUnits)).toEqual([1000, 1000]);
  });
});

describe("a hotspot that invents every tenth packet", () => {
  test("hurts nobody: what one owner alone holds is not contested", () => {
    const claims = [...heardByTwo, ...Array.from({ length: 11 }, (_, i) => ({ packet: 1000 + i, hotspot: 0 }))];
    const { routes, hotspots } = contest(claims, [1, 2], (packet) => packet < 1000, none);
    expect(routes[0]).toMatchObject({ contested: 0, unanswered: 11, contestedUnits: 0 });
    expect(hotspots).toMatchObject([{ unanswered: 11 }, { unanswered: 0 }]);
  });

  test("and shares the invention with its owner's other hotspots, hurts nobody either", () => {
    const claims = [...heardByTwo, { packet: 1000, hotspot: 0 }, { packet: 1000, hotspot: 2 }];
    const { routes } = contest(claims, [1, 2, 1], (packet) => packet < 1000, none);
    expect(routes[0]).toMatchObject({ contested: 0, unanswered: 1 });
  });
});

test("the limit itself is allowed, and one packet more is not", () => {
  const units = (contestedPackets: number) =>
    contest(
      Array.from({ length: 10_000 }, (_, i) => ({ packet: i >> 1, hotspot: i & 1 })),
      [1, 2],
      (packet) => packet >= contestedPackets,
      none,
    ).routes[0]!;
  expect(isRouteSuspended(units(100), LIMIT_UNITS)).toBe(false);
  expect(isRouteSuspended(units(101), LIMIT_UNITS)).toBe(true);
});

test("an epoch without receipts contests nothing", () => {
  expect(contest([], [], none)).toEqual({ routes: [], hotspots: [], contested: [] });
});

test("every packet has one fate per route, repeated receipts count once, and their order decides nothing", () => {
  const claim = fc.record({ packet: fc.nat(20), hotspot: fc.nat(4), route: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 60 }), fc.nat(), (claims, seed) => {
      const paid = (packet: number) => packet % 3 === 0;
      const refuted = (packet: number) => packet % 3 === 1;
      const whole = contest(claims, [1, 1, 2, 2, 3], paid, refuted);
      const turned =
        claims.length === 0
          ? []
          : claims
              .toSpliced(0, seed % claims.length)
              .concat(claims)
              .reverse();
      expect(contest(turned, [1, 1, 2, 2, 3], paid, refuted)).toEqual(whole);
      for (const { routeId, paid, unanswered, contested, refuted } of whole.routes) {
        const packets = new Set(claims.filter(({ route }) => route === routeId).map(({ packet }) => packet));
        expect(paid + unanswered + contested + refuted).toBe(packets.size);
      }
      const pairs = new Set(claims.map(({ packet, hotspot }) => `${packet} ${hotspot}`));
      expect(whole.hotspots.reduce((sum, { receipts }) => sum + receipts, 0)).toBe(pairs.size);
    }),
  );
});
