/** What a refutation discloses is chosen by its payer: no choice may make an epoch slow to load. */
import { dataMic10, encodeDataFrame, encodeRefutation } from "@earshot/poc/lorawan";
import { MAX_NOTICE_BYTES, sealNotice } from "@earshot/poc/protocol";
import { expect, test } from "vitest";
import { loadUploads } from "../../src/load/load-uploads.ts";
import { EPOCH_START_MS, smallEpoch } from "../small-epoch.ts";

const nwkSKey = new Uint8Array(16).fill(3);

/** An uplink of one DevAddr with the MIC of the session's key, or with none. */
function frame(fCnt: number, hasMic = true): Uint8Array {
  const bytes = encodeDataFrame({
    direction: "up",
    isConfirmed: false,
    devAddr: 0x26_01_02_03,
    adr: false,
    adrAckReq: false,
    ack: false,
    isClassBOrPending: false,
    fCnt: fCnt & 0xffff,
    fOpts: new Uint8Array(0),
    fPort: null,
    frmPayload: new Uint8Array(0),
    mic: new Uint8Array(4),
  });
  if (hasMic) bytes.set(dataMic10(bytes, nwkSKey, fCnt >>> 16), bytes.length - 4);
  return bytes;
}

const proof = (fCnt: number) => ({ phyPayload: frame(fCnt), fCntHigh: fCnt >>> 16 });

test.each([
  ["as far apart as a counter goes", 0xffff_ffff],
  ["as far apart as they may be", 0x1_0000],
])(
  "loads a notice full of disputed frames between proofs %s, before the test times out",
  (_, last) => {
    const { input, meter } = smallEpoch({ uploads: false });
    const disputed = Array.from({ length: 5000 }, (_none, fCnt) => frame(fCnt, false));
    const document = encodeRefutation({ nwkSKey, before: proof(0), after: proof(last), disputed });
    const { bytes } = sealNotice("refutation", document, input.header.network, meter);
    expect(bytes.length).toBeGreaterThan(0.98 * MAX_NOTICE_BYTES);
    const { intake } = loadUploads([{ receiveMs: EPOCH_START_MS, bytes }], { ...input, network: input.header.network });
    expect(intake.refused).toEqual({ notice: 1 });
  },
  20_000,
);
