/**
 * A transmission as the JSON of a PULL_RESP, and what the gateway answers in a TX_ACK.
 *
 * `powe` is the EIRP: the packet forwarder subtracts its own antenna gain. `codr`, `rfch` and `size` are always there: the HAL drops
 * a txpk without them and says nothing.
 */
import type { DownlinkItem, TxStatus } from "../messages.ts";
import { TX_STATUSES } from "../messages.ts";
import { integerOrNull, isFields } from "./rxpk.ts";

/** When to send, in the gateway's own terms. */
export type TxTime =
  | { readonly kind: "immediately" }
  | { readonly kind: "tmst"; readonly tmst: number }
  | { readonly kind: "gps"; readonly gpsTimeMs: number };

function timeFields(time: TxTime): object {
  if (time.kind === "tmst") return { tmst: time.tmst };
  if (time.kind === "gps") return { tmms: time.gpsTimeMs };
  return { imme: true };
}

function modulationFields(item: DownlinkItem): object | null {
  const { modulation, frequencyDeviationHz } = item;
  if (modulation.kind === "lora") {
    const datr = `SF${modulation.spreadingFactor}BW${modulation.bandwidthHz / 1000}`;
    return { modu: "LORA", datr, codr: modulation.codeRate, ipol: item.polarizationInversion };
  }
  if (modulation.kind === "fsk") {
    return { modu: "FSK", datr: modulation.bitrateBps, fdev: frequencyDeviationHz ?? modulation.bitrateBps / 2 };
  }
  return null;
}

/** The JSON of a PULL_RESP, or null for a modulation that no gateway transmits (LR-FHSS). */
export function txpkJson(item: DownlinkItem, time: TxTime): string | null {
  const modulation = modulationFields(item);
  if (modulation === null) return null;
  return JSON.stringify({
    txpk: {
      ...timeFields(time),
      freq: item.frequencyHz / 1e6,
      rfch: 0,
      powe: item.eirpDbm,
      ...modulation,
      ...(item.preambleSymbols === null ? {} : { prea: item.preambleSymbols }),
      ...(item.hasCrc ? {} : { ncrc: true }),
      ...(item.board === 0 ? {} : { brd: item.board }),
      ...(item.antenna === 0 ? {} : { ant: item.antenna }),
      size: item.phyPayload.length,
      data: Buffer.from(item.phyPayload).toString("base64"),
    },
  });
}

export interface TxAck {
  readonly status: TxStatus;
  readonly usedPowerDbm: number | null;
  readonly tmst: number | null;
}

/** Vendors' own words for what ChirpStack has a status for. */
const vendorErrors: Readonly<Record<string, TxStatus>> = {
  LBT: "COLLISION_PACKET",
  CHANNEL_BUSY: "COLLISION_PACKET",
  FULL: "QUEUE_FULL",
  DUTY_CYCLE: "DUTY_CYCLE_OVERFLOW",
};

function statusOf(error: unknown): TxStatus {
  if (error === undefined || error === null || error === "" || error === "NONE") return "OK";
  if (typeof error !== "string") return "INTERNAL_ERROR";
  const name = error.toUpperCase();
  if (name !== "IGNORED" && (TX_STATUSES as readonly string[]).includes(name)) return name as TxStatus;
  return vendorErrors[name] ?? "INTERNAL_ERROR";
}

/** Reads the text of a TX_ACK; none means accepted, unreadable JSON or an unknown word is INTERNAL_ERROR. */
export function readTxAck(json: string): TxAck {
  const text = json.trim();
  const failed: TxAck = { status: "INTERNAL_ERROR", usedPowerDbm: null, tmst: null };
  if (text === "" || text === "\0") return { ...failed, status: "OK" };
  try {
    const value: unknown = JSON.parse(text);
    if (!isFields(value)) return failed;
    const ack = value.txpk_ack;
    if (ack === undefined) return { ...failed, status: "OK" };
    if (!isFields(ack)) return failed;
    return {
      status: statusOf(ack.error),
      usedPowerDbm: ack.warn === "TX_POWER" ? integerOrNull(ack.value, -100, 100) : null,
      tmst: integerOrNull(ack.tmst, 0, 0xffff_ffff),
    };
  } catch {
    return failed;
  }
}
