/** What the tests of the protocol share: the vectors as committed, hex, devices, and the length of property runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CodedError } from "@earshot/geo";
import { protocolVectorFolder } from "../../../fixtures/src/generate-protocol-vectors.ts";
import {
  type BeaconReport,
  type DeviceSigner,
  type PacketConfirmation,
  type PacketReceipt,
  packDataRate,
  sha256,
  signerFromEd25519Seed,
  signerFromP256Scalar,
  type WitnessReport,
} from "../../src/protocol/index.ts";

export function bytes(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}

export function hex(array: Uint8Array): string {
  return array.toHex();
}

/** The text of a committed vector file. */
export function vectorText(name: string): string {
  return readFileSync(join(protocolVectorFolder, name), "utf8");
}

export function vectors<T>(name: string): T {
  return JSON.parse(vectorText(name)) as T;
}

/** `runs` of a property, times EARSHOT_SOAK. */
export function soak(runs: number): { readonly numRuns: number } {
  return { numRuns: runs * Math.max(1, Number(process.env.EARSHOT_SOAK ?? 1)) };
}

/** The code of the CodedError that `call` throws; anything else fails the test. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as CodedError).code ?? String(error);
  }
  return "nothing thrown";
}

export function seed(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}

export const edDevice: DeviceSigner = signerFromEd25519Seed(seed("an Ed25519 device"));
export const p256Device: DeviceSigner = signerFromP256Scalar(seed("a P-256 device"));
export const ingestSigner: DeviceSigner = signerFromEd25519Seed(seed("an ingest"));

export const someBeacon: BeaconReport = {
  challengeId: seed("challenge"),
  signature: edDevice.sign(seed("challenge")),
  transmitMs: 1_789_819_245_678,
  frequencyHz: 867_900_000,
  dataRate: packDataRate(10, 125_000),
  txPowerDdbm: 140,
  tmst: 4_000_000_000,
};

export const someWitness: WitnessReport = {
  payload: seed("payload").slice(0, 24),
  receivedMs: 1_789_819_246_000,
  tmst: 12,
  rssiDdbm: -1203,
  snrDdb: -75,
  frequencyHz: 868_100_000,
  dataRate: packDataRate(12, 125_000),
};

export const someReceipt: PacketReceipt = {
  packetHash: seed("packet"),
  phyBytes: 23,
  devAddr: 0x260b1234,
  fCnt: 700,
  receivedMs: 1_789_819_250_000,
  routeId: 9,
};

export const someConfirmation: PacketConfirmation = {
  packetHash: seed("packet"),
  hotspotKey: edDevice.publicKey,
  phyBytes: 23,
};
