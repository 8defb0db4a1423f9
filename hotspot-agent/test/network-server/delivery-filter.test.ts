import { encodeDataFrame, encodeJoinRequest, encodeProprietary } from "@earshot/poc/lorawan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FilterSpec, filterSpec, wantsFrame } from "../../src/network-server/delivery-filter.ts";

const mic = new Uint8Array(4);
const all: FilterSpec = { devAddrRanges: null, netIds: null, joinEuiRanges: null };

function data(devAddr: number, direction: "up" | "down" = "up"): Uint8Array {
  return encodeDataFrame({
    direction,
    isConfirmed: false,
    devAddr,
    adr: false,
    adrAckReq: false,
    ack: false,
    isClassBOrPending: false,
    fCnt: 1,
    fOpts: new Uint8Array(0),
    fPort: 1,
    frmPayload: Uint8Array.of(1),
    mic,
  });
}

function join(joinEui: bigint): Uint8Array {
  return encodeJoinRequest({ joinEui, devEui: 1n, devNonce: 1, mic });
}

/** Rejoin-request of type 0 or 2 (LoRaWAN 1.1 §6.2.4). */
function rejoin(type: 0 | 2, netId: number): Uint8Array {
  const bytes = new Uint8Array(19);
  bytes[0] = 0xc0;
  bytes[1] = type;
  bytes.set([netId & 0xff, (netId >>> 8) & 0xff, netId >>> 16], 2);
  return bytes;
}

describe("a filter by DevAddr", () => {
  const spec = filterSpec({ devAddrPrefixes: ["26000000/7"], joinEuiPrefixes: [], netIds: [] });
  test.each([
    [0x25ff_ffff, false],
    [0x2600_0000, true],
    [0x27ff_ffff, true],
    [0x2800_0000, false],
    [0xffff_ffff, false],
  ])("gives %i the answer %s", (devAddr, expected) => {
    expect(wantsFrame(spec, data(devAddr))).toBe(expected);
  });

  test("admits every join-request while no JoinEUI is named", () => {
    expect(wantsFrame(spec, join(7n))).toBe(true);
  });
});

describe("a filter by NetID", () => {
  const spec = filterSpec({ devAddrPrefixes: ["26000000/7"], joinEuiPrefixes: [], netIds: ["60002D"] });
  test("adds the NetID's addresses to the prefixes", () => {
    expect([0x2600_0001, 0xe05a_0001, 0xe05c_0000].map((devAddr) => wantsFrame(spec, data(devAddr)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("decides rejoin-requests that carry one", () => {
    expect([wantsFrame(spec, rejoin(0, 0x60002d)), wantsFrame(spec, rejoin(2, 0x000013))]).toEqual([true, false]);
  });
});

describe("a filter by JoinEUI", () => {
  const spec = filterSpec({
    devAddrPrefixes: [],
    joinEuiPrefixes: ["70B3D57ED0000000/40", "0000000000000001/64"],
    netIds: [],
  });
  test.each([
    [0x70b3d57ecfffffffn, false],
    [0x70b3d57ed0000000n, true],
    [0x70b3d57ed0ffffffn, true],
    [0x70b3d57ed1000000n, false],
    [1n, true],
    [2n, false],
  ])("is right at the edges: %i", (joinEui, expected) => {
    expect(wantsFrame(spec, join(joinEui))).toBe(expected);
  });
});

test("without lists wants every LoRaWAN uplink and nothing else", () => {
  expect([data(1), join(1n), rejoin(0, 1)].map((frame) => wantsFrame(all, frame))).toEqual([true, true, true]);
  const others = [
    data(1, "down"),
    encodeProprietary(new Uint8Array(23)),
    new Uint8Array(0),
    Uint8Array.of(0x40, 1, 2),
    Uint8Array.of(0x20, ...new Uint8Array(16)),
  ];
  expect(others.map((frame) => wantsFrame(all, frame))).toEqual([false, false, false, false, false]);
});

test("with empty lists of a route wants nothing", () => {
  const none: FilterSpec = { devAddrRanges: [], netIds: [], joinEuiRanges: [] };
  expect([data(1), join(1n), rejoin(0, 1)].map((frame) => wantsFrame(none, frame))).toEqual([false, false, false]);
});

test("never throws on any bytes", () => {
  const spec = filterSpec({
    devAddrPrefixes: ["26000000/7"],
    joinEuiPrefixes: ["0000000000000000/0"],
    netIds: ["000013"],
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (frame) => {
      expect(typeof wantsFrame(spec, frame)).toBe("boolean");
    }),
    { numRuns: 500 * Number(process.env.EARSHOT_SOAK ?? 1) },
  );
});

describe("refuses", () => {
  const empty = { devAddrPrefixes: [], joinEuiPrefixes: [], netIds: [] };
  test.each([
    { ...empty, devAddrPrefixes: ["26000001/7"] },
    { ...empty, devAddrPrefixes: ["260000/7"] },
    { ...empty, joinEuiPrefixes: ["70b3d57ed0000001/40"] },
    { ...empty, joinEuiPrefixes: ["70b3d57ed0000000/65"] },
    { ...empty, netIds: ["13"] },
  ])("%o", (texts) => {
    expect(() => filterSpec(texts)).toThrow("AGT_BAD_OPTION");
  });
});
