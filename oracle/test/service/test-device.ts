/** A device of tests: its key, its chain of uploads, and its account in a registry. */
import {
  type DeviceSigner,
  gatewayIdOf,
  type SealedUpload,
  sealUpload,
  signerFromEd25519Seed,
  type UploadContent,
  type WitnessReport,
} from "@earshot/poc/protocol";
import type { HotspotAccount } from "../../src/registry/hotspot-account.ts";

/** Number of local networks. */
export const NETWORK = 3;

export class TestDevice {
  readonly signer: DeviceSigner;
  sequence = 0;
  previousId: Uint8Array = new Uint8Array(32);

  constructor(number: number) {
    this.signer = signerFromEd25519Seed(new Uint8Array(32).fill(number));
  }

  get key(): Uint8Array {
    return this.signer.publicKey;
  }

  /** The next upload of its chain; the chain goes on from it. */
  next(content: Partial<UploadContent> = {}): SealedUpload {
    const upload = this.seal(content);
    this.sequence++;
    this.previousId = upload.id;
    return upload;
  }

  /** An upload that would be the next one, or any other that `content` makes of it; the chain stays where it is. */
  seal(content: Partial<UploadContent> = {}): SealedUpload {
    const { sequence, previousId } = this;
    const witnesses = content.confirmations === undefined ? [witness(sequence)] : [];
    return sealUpload({ network: NETWORK, sequence: sequence + 1, previousId, witnesses, ...content }, this.signer);
  }
}

/** A witness report of a payload that nothing else has. */
export function witness(number: number): WitnessReport {
  const payload = new Uint8Array(24).fill(0xab);
  payload.set([0xe0, 0xe5]);
  new DataView(payload.buffer).setUint32(2, number);
  return {
    payload,
    receivedMs: 1_796_083_200_000,
    tmst: number,
    rssiDdbm: -1100,
    snrDdb: -45,
    frequencyHz: 868_100_000,
    dataRate: 10,
  };
}

/** The account of a full hotspot in EU868 that took part from the first epoch on. */
export function hotspotAccount(deviceKey: Uint8Array, changes: Partial<HotspotAccount> = {}): HotspotAccount {
  const nothing = new Uint8Array(32);
  return {
    network: nothing,
    deviceKey,
    gatewayId: gatewayIdOf(deviceKey),
    kind: "full",
    owner: always(nothing),
    location: always({ cellPublic: 0x881f1d4887fffffn, cell: 0x8c1f1d488601dffn, commitment: nothing, region: 1 }),
    antenna: always({ gainDdbi: 12, elevationM: 10 }),
    suspended: always(false),
    onboardedEpoch: 0,
    beneficiary: always([]),
    ...changes,
  };
}

/** A timed value that never changed. */
export function always<T>(value: T) {
  return { current: value, next: value, fromEpoch: 0 };
}
