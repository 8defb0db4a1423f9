/** Sealed uploads of made-up devices, each device a chain: what generator and servers of the ingest bench agree on. */
import { type DeviceSigner, sealUpload, signerFromEd25519Seed, type WitnessReport } from "@earshot/poc/protocol";

export const BENCH_NETWORK = 3;

/** Device number `index`; the same in every process. */
export function benchDevice(index: number): DeviceSigner {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, index + 1, true);
  return signerFromEd25519Seed(seed);
}

/** The first `uploads` uploads of a device, of so many witness reports each. */
export function chainOf(device: DeviceSigner, uploads: number, reports: number): Uint8Array[] {
  let previousId: Uint8Array = new Uint8Array(32);
  return Array.from({ length: uploads }, (_, i) => {
    const witnesses = Array.from({ length: reports }, (_, at) => witness(i, at));
    const sealed = sealUpload({ network: BENCH_NETWORK, sequence: i + 1, previousId, witnesses }, device);
    previousId = sealed.id;
    return sealed.bytes;
  });
}

function witness(upload: number, at: number): WitnessReport {
  const payload = new Uint8Array(24);
  payload.set([0xe0, 0xe5]);
  new DataView(payload.buffer).setUint32(2, upload * 1000 + at, true);
  return {
    payload,
    receivedMs: 1_796_083_200_000 + upload,
    tmst: at,
    rssiDdbm: -1100,
    snrDdb: -45,
    frequencyHz: 868_100_000,
    dataRate: 10,
  };
}
