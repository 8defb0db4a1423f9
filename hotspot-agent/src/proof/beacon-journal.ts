/**
 * What the beaconer must not forget over a restart: which challenge it armed, and what it sent.
 *
 * Written before a beacon goes on the air, so that no restart sends it twice, and after, so that a restart inside the window still
 * reports it. A file that cannot be read counts as none; one that cannot be written costs only this memory.
 */
import { type BeaconReport, RECORD_BYTES, writeBeacon } from "@earshot/poc/protocol";
import { asCount, asObject, parseObject } from "./api-answers.ts";
import type { StateFiles } from "./state-files.ts";

export const BEACON_FILE = "beacon.json";

export interface BeaconEntry {
  /** First minute of the challenge's interval. */
  readonly intervalStart: number;
  readonly challengeId: Uint8Array;
  /** Null while it was not sent, as far as is known. */
  readonly report: BeaconReport | null;
}

export async function readBeaconEntry(files: StateFiles): Promise<BeaconEntry | null> {
  const object = await files.read(BEACON_FILE).then(
    (bytes) => (bytes === null ? undefined : parseObject(bytes)),
    () => undefined,
  );
  const intervalStart = asCount(object?.intervalStart);
  const challengeId = fromHex(object?.challengeId, 32);
  if (object === undefined || intervalStart === undefined || challengeId === undefined) return null;
  return { intervalStart, challengeId, report: readReport(object.report, challengeId) };
}

export async function writeBeaconEntry(files: StateFiles, entry: BeaconEntry): Promise<void> {
  const { intervalStart, challengeId, report } = entry;
  const json = {
    intervalStart,
    challengeId: challengeId.toHex(),
    report: report === null ? null : { ...report, challengeId: undefined, signature: report.signature.toHex() },
  };
  await files.replace(BEACON_FILE, new TextEncoder().encode(`${JSON.stringify(json)}\n`));
}

function readReport(value: unknown, challengeId: Uint8Array): BeaconReport | null {
  const object = asObject(value);
  const signature = fromHex(object?.signature, 64);
  const transmitMs = asCount(object?.transmitMs);
  const frequencyHz = asCount(object?.frequencyHz);
  const dataRate = asCount(object?.dataRate);
  const tmst = asCount(object?.tmst);
  const txPowerDdbm = object?.txPowerDdbm;
  if (signature === undefined || transmitMs === undefined || frequencyHz === undefined) return null;
  if (dataRate === undefined || tmst === undefined || typeof txPowerDdbm !== "number") return null;
  const report = { challengeId, signature, transmitMs, frequencyHz, dataRate, txPowerDdbm, tmst };
  return isWritable(report) ? report : null;
}

/** Whether an upload can hold the report: a number out of range would spoil every upload it is put into. */
function isWritable(report: BeaconReport): boolean {
  try {
    writeBeacon(new Uint8Array(RECORD_BYTES.beacon), 0, report);
    return true;
  } catch {
    return false;
  }
}

function fromHex(value: unknown, bytes: number): Uint8Array | undefined {
  if (typeof value !== "string" || value.length !== 2 * bytes || !/^[0-9a-f]*$/.test(value)) return undefined;
  return Uint8Array.fromHex(value);
}
