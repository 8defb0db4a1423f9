import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeDataFrame } from "../../src/lorawan/encode-frame.ts";
import { dataMic10 } from "../../src/lorawan/mic.ts";
import { judgeRefutation, type RefutationEvidence } from "../../src/lorawan/refutation.ts";

const KEY = new Uint8Array(16).fill(7);
const OTHER_KEY = new Uint8Array(16).fill(8);

interface Sent {
  readonly fCnt: number;
  readonly key?: Uint8Array;
  readonly devAddr?: number;
  readonly direction?: "up" | "down";
}

/** A data frame with the MIC that a device of that key gives it. */
function sent({ fCnt, key = KEY, devAddr = 0x26_01_02_03, direction = "up" }: Sent): Uint8Array {
  const bytes = encodeDataFrame({
    direction,
    isConfirmed: false,
    devAddr,
    adr: false,
    adrAckReq: false,
    ack: false,
    isClassBOrPending: false,
    fCnt: fCnt & 0xffff,
    fOpts: new Uint8Array(0),
    fPort: 1,
    frmPayload: Uint8Array.of(fCnt & 0xff, 2, 3),
    mic: new Uint8Array(4),
  });
  bytes.set(dataMic10(bytes, key, fCnt >>> 16), bytes.length - 4);
  return bytes;
}

const proof = (fCnt: number, more: Omit<Sent, "fCnt"> = {}) => ({
  phyPayload: sent({ fCnt, ...more }),
  fCntHigh: fCnt >>> 16,
});

function evidence(disputed: Uint8Array, changes: Partial<RefutationEvidence> = {}): RefutationEvidence {
  return { disputed, before: proof(10), after: proof(0x1_0005), nwkSKey: KEY, ...changes };
}

describe("a disputed frame", () => {
  test("is refuted when its MIC fails under the session's key", () => {
    expect(judgeRefutation(evidence(sent({ fCnt: 20, key: OTHER_KEY })))).toBe("refuted");
  });

  test("stands when the device sent it, on either side of the counter's wrap", () => {
    for (const fCnt of [11, 0xffff, 0x1_0000, 0x1_0004]) {
      expect(judgeRefutation(evidence(sent({ fCnt })))).toBe("mic_holds");
    }
  });

  test("is refuted by no key that did not make the frames around it", () => {
    const honest = sent({ fCnt: 20 });
    expect(judgeRefutation(evidence(honest, { nwkSKey: OTHER_KEY }))).toBe("key_unproven");
    expect(judgeRefutation(evidence(honest, { nwkSKey: KEY.subarray(1) }))).toBe("key_unproven");
    expect(judgeRefutation(evidence(honest, { after: proof(30, { key: OTHER_KEY }) }))).toBe("key_unproven");
    for (const fCntHigh of [-1, 0.5, 0x1_0000, Number.NaN, 1]) {
      const before = { phyPayload: sent({ fCnt: 10 }), fCntHigh };
      expect(judgeRefutation(evidence(honest, { before }))).toBe("key_unproven");
    }
  });

  test("is not refuted by frames of another device, by downlinks, or by proofs that go backwards", () => {
    const forged = sent({ fCnt: 20, key: OTHER_KEY });
    const foreign = proof(30, { devAddr: 1 });
    expect(judgeRefutation(evidence(forged, { after: foreign }))).toBe("other_device");
    expect(judgeRefutation(evidence(sent({ fCnt: 20, direction: "down" })))).toBe("not_an_uplink");
    expect(judgeRefutation(evidence(forged, { before: proof(30), after: proof(30) }))).toBe("counters_disagree");
    expect(judgeRefutation(evidence(forged, { before: proof(31), after: proof(30) }))).toBe("counters_disagree");
  });

  test("is not refuted by proofs that leave more than two upper halves of the counter open, however many", () => {
    const forged = sent({ fCnt: 20, key: OTHER_KEY });
    expect(judgeRefutation(evidence(forged, { before: proof(0xffff), after: proof(0x1_ffff) }))).toBe("refuted");
    expect(judgeRefutation(evidence(forged, { before: proof(0xffff), after: proof(0x2_0000) }))).toBe("proofs_apart");
    expect(judgeRefutation(evidence(forged, { before: proof(0), after: proof(0xffff_ffff) }))).toBe("proofs_apart");
  });

  test("gets a verdict whatever its bytes and the proofs' are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (disputed, phyPayload) => {
        expect(judgeRefutation(evidence(disputed))).toMatch(/^(refuted|mic_holds|not_an_uplink|other_device)$/);
        const before = { phyPayload, fCntHigh: 0 };
        expect(judgeRefutation(evidence(disputed, { before }))).not.toBe("refuted");
      }),
    );
  });

  test("never stands refuted when it was sent within the session, and always when one bit of it was not", () => {
    const counter = fc.integer({ min: 11, max: 0x1_0004 });
    fc.assert(
      fc.property(counter, fc.nat(), (fCnt, at) => {
        const honest = sent({ fCnt });
        expect(judgeRefutation(evidence(honest))).toBe("mic_holds");
        // A bit of the payload or the MIC: header bits make it another device's or no uplink.
        const bit = 9 * 8 + (at % ((honest.length - 9) * 8));
        const forged = honest.slice();
        forged[bit >> 3]! ^= 1 << (bit & 7);
        expect(judgeRefutation(evidence(forged))).toBe("refuted");
      }),
    );
  });
});
