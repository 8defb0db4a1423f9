/** Payloads are chosen by who reports them: no choice may make a moment's verdicts slow to tell. */
import { expect, test } from "vitest";
import { LiveEpoch } from "../../src/pipeline/live-epoch.ts";
import { judgeGroups, type LiveGroup } from "../../src/pipeline/live-judge.ts";
import { LIVE_KIND } from "../../src/pipeline/live-report.ts";
import { EPOCH, EPOCH_START_MS, smallEpoch } from "../small-epoch.ts";

/** Multipliers of an epoch without entropy (poc/epoch payload-keys.ts), and the inverse of the first modulo 2^32. */
const [OF_LOWER, OF_UPPER] = [0x9e37_79b1, 0x85eb_ca77];

function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

test("tells 100,000 receptions whose payloads were made to collide, before the test times out", () => {
  const { input, signers } = smallEpoch({ uploads: false });
  const { network } = input.header;
  const epoch = new LiveEpoch(EPOCH, { ...input, network }, input, () => undefined);
  const undo = inverse(OF_LOWER);
  const groups = Array.from({ length: 100_000 }, (_, upper): LiveGroup => {
    const payload = new Uint8Array(24);
    const view = new DataView(payload.buffer);
    view.setInt32(0, Math.imul(undo, 12_345 - Math.imul(upper, OF_UPPER)), true);
    view.setUint32(4, upper, true);
    const report = {
      kind: LIVE_KIND.witness,
      indexInUpload: 0,
      receiveMs: EPOCH_START_MS + 1000,
      uploadId: new Uint8Array(32),
      senderKey: signers[0]!.publicKey,
      payload,
      frequencyHz: 904_100_000,
      dataRate: 10,
      witness: { rssiDdbm: -900, snrDdb: 0 },
    };
    return { beacons: [], witnesses: [report], challenge: undefined };
  });
  const verdicts = judgeGroups(epoch, groups);
  expect(verdicts.length).toBe(100_000);
  expect(new Set(verdicts.map(({ reason }) => reason)).size).toBe(1);
}, 10_000);
