/**
 * Appeals as log records: an owner's, signed by the hotspot's key, and the outcome, signed by the network's governance key.
 *
 * Both are JSON documents (RFC 8785) with a signature (protocol/signed-json.ts). An outcome lifts one detector for one hotspot over
 * epochs that begin after the one in which it was logged: nothing that was closed changes. Who decides, and how, is governance.
 */
import { allocateColumns, type Columns } from "../epoch/columns.ts";
import { bytesToHex, hexToBytes } from "../epoch/hex.ts";
import { appealsTable } from "../epoch/tables.ts";
import { canonicalJsonBytes } from "../protocol/canonical-json.ts";
import { DEVICE_KEY_BYTES } from "../protocol/device-key.ts";
import { sha256 } from "../protocol/hash.ts";
import { type DeviceSigner, SIGNATURE_BYTES, type VerifyKey } from "../protocol/signature.ts";
import { signJson, verifyJson } from "../protocol/signed-json.ts";
import { DETECTORS, type DetectorName } from "./detector.ts";

export interface Appeal {
  readonly kind: "appeal";
  readonly network: number;
  /** Key of the hotspot, hex. */
  readonly hotspot: string;
  /** Epoch whose evidence is contested. */
  readonly epoch: number;
  readonly detector: DetectorName;
  /** At most 1,000 characters. */
  readonly reason: string;
}

export interface AppealOutcome {
  readonly kind: "outcome";
  readonly network: number;
  /** SHA-256 of the appeal's canonical JSON, hex. */
  readonly appeal: string;
  readonly hotspot: string;
  readonly detector: DetectorName;
  readonly upheld: boolean;
  /** The detector is lifted from one epoch to before another; of no meaning when the appeal was not upheld. */
  readonly fromEpoch: number;
  readonly untilEpoch: number;
  readonly reason: string;
}

export type AppealRecord = Appeal | AppealOutcome;

export type AppealRefusal = "bad_json" | "bad_field" | "wrong_network" | "bad_signature";

const MAX_REASON = 1000;
const MAX_BYTES = 8192;
const HASH_BYTES = 32;
const U32_MAX = 0xffff_ffff;
const HEX_KEY = /^[0-9a-f]{66}$/;
const HEX_HASH = /^[0-9a-f]{64}$/;
const HEX_SIGNATURE = new RegExp(`^[0-9a-f]{${2 * SIGNATURE_BYTES}}$`);

/** The signed record as bytes of the log. */
export function signAppealRecord(record: AppealRecord, signer: DeviceSigner): Uint8Array {
  return canonicalJsonBytes({ record, signature: bytesToHex(signJson("earshot-appeal", record, signer)) });
}

/** SHA-256 of a record's canonical JSON, hex: how an outcome names its appeal. */
export function appealId(record: AppealRecord): string {
  return bytesToHex(sha256(canonicalJsonBytes(record)));
}

/**
 * Opens a record from outside. `keyOf` gives the key it must be signed with: the hotspot's for an appeal, governance's for an outcome.
 */
export function openAppealRecord(
  bytes: Uint8Array,
  network: number,
  keyOf: (record: AppealRecord) => VerifyKey | undefined,
): AppealRecord | AppealRefusal {
  if (bytes.length > MAX_BYTES) return "bad_json";
  let envelope: unknown;
  try {
    envelope = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return "bad_json";
  }
  if (!isObject(envelope) || Object.keys(envelope).sort().join() !== "record,signature") return "bad_json";
  const { record, signature } = envelope;
  if (!isAppealRecord(record) || typeof signature !== "string" || !HEX_SIGNATURE.test(signature)) return "bad_field";
  if (record.network !== network) return "wrong_network";
  const key = keyOf(record);
  const isSigned =
    key !== undefined && verifyJson("earshot-appeal", record, key, hexToBytes(signature, SIGNATURE_BYTES, "signature"));
  return isSigned ? record : "bad_signature";
}

/**
 * appeals.arrow of an epoch: upheld outcomes logged before it began, the latest for one hotspot and detector. `before`: the table of the epoch
 * before, where `outcomes` are only those logged in that epoch, in log order.
 */
export function appealColumns(
  outcomes: readonly { readonly outcome: AppealOutcome; readonly loggedEpoch: number }[],
  before: Columns<typeof appealsTable> = allocateColumns(appealsTable, 0),
): Columns<typeof appealsTable> {
  const rows = new Map(rowsOf(before).map((row) => [placeOf(row), row]));
  for (const { outcome, loggedEpoch } of outcomes) {
    const { hotspot, upheld, untilEpoch } = outcome;
    const row = {
      hotspot,
      detector: DETECTORS.findIndex(({ name }) => name === outcome.detector),
      fromEpoch: Math.max(outcome.fromEpoch, loggedEpoch + 1),
      untilEpoch,
      outcomeId: sha256(canonicalJsonBytes(outcome)),
    };
    if (!upheld || untilEpoch <= row.fromEpoch) rows.delete(placeOf(row));
    else rows.set(placeOf(row), row);
  }
  const sorted = [...rows.values()].sort(
    (a, b) => (a.hotspot < b.hotspot ? -1 : a.hotspot > b.hotspot ? 1 : 0) || a.detector - b.detector,
  );
  const columns = allocateColumns(appealsTable, sorted.length);
  sorted.forEach(({ hotspot, detector, fromEpoch, untilEpoch, outcomeId }, row) => {
    columns.key.set(hexToBytes(hotspot, DEVICE_KEY_BYTES, "hotspot"), row * DEVICE_KEY_BYTES);
    columns.detector[row] = detector;
    columns.from_epoch[row] = fromEpoch;
    columns.until_epoch[row] = untilEpoch;
    columns.outcome_id.set(outcomeId, row * HASH_BYTES);
  });
  return columns;
}

interface AppealRow {
  /** Key, hex. */
  readonly hotspot: string;
  readonly detector: number;
  readonly fromEpoch: number;
  readonly untilEpoch: number;
  readonly outcomeId: Uint8Array;
}

function rowsOf(columns: Columns<typeof appealsTable>): readonly AppealRow[] {
  return Array.from(columns.detector, (detector, row) => ({
    hotspot: bytesToHex(columns.key.subarray(row * DEVICE_KEY_BYTES, (row + 1) * DEVICE_KEY_BYTES)),
    detector,
    fromEpoch: columns.from_epoch[row],
    untilEpoch: columns.until_epoch[row],
    outcomeId: columns.outcome_id.slice(row * HASH_BYTES, (row + 1) * HASH_BYTES),
  }));
}

function placeOf({ hotspot, detector }: Pick<AppealRow, "hotspot" | "detector">): string {
  return `${hotspot} ${detector}`;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAppealRecord(value: unknown): value is AppealRecord {
  if (!isObject(value)) return false;
  const isCommon =
    isInteger(value.network, 0xffff) &&
    typeof value.hotspot === "string" &&
    HEX_KEY.test(value.hotspot) &&
    DETECTORS.some(({ name }) => name === value.detector) &&
    typeof value.reason === "string" &&
    value.reason.length <= MAX_REASON;
  if (!isCommon) return false;
  const names = Object.keys(value).sort().join();
  if (value.kind === "appeal") return names === "detector,epoch,hotspot,kind,network,reason" && isInteger(value.epoch);
  return (
    value.kind === "outcome" &&
    names === "appeal,detector,fromEpoch,hotspot,kind,network,reason,untilEpoch,upheld" &&
    typeof value.appeal === "string" &&
    HEX_HASH.test(value.appeal) &&
    typeof value.upheld === "boolean" &&
    isInteger(value.fromEpoch) &&
    isInteger(value.untilEpoch)
  );
}

function isInteger(value: unknown, most = U32_MAX): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}
