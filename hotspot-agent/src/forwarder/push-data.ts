/**
 * The JSON of a PUSH_DATA as packets and statistics. Each rxpk stands on its own: one that is bad is counted and costs no other.
 *
 * The same bytes give the same packets in the same order always: a spool record read again after a restart has the same packet at
 * the same index.
 */
import type { GatewayEui, UplinkPacket } from "../messages.ts";
import { salvage } from "./json-salvage.ts";
import { isFields, type RxpkFault, readRxpk } from "./rxpk.ts";
import { type ReadStat, readStat } from "./stat.ts";

export type PushFault = RxpkFault | "bad_json" | "unreadable_rxpk";

export interface PushData {
  readonly packets: readonly UplinkPacket[];
  readonly stat: ReadStat | null;
  /** One for each element that was refused; `bad_json` when nothing at all could be read. */
  readonly faults: readonly PushFault[];
  /** Packets whose `size` differs from their data. */
  readonly sizeMismatches: number;
}

export interface PushOrigin {
  readonly gatewayEui: GatewayEui;
  readonly receivedMs: number;
  readonly earlierUtcMs: number | null;
  readonly recordId: number;
}

interface Elements {
  readonly rxpk: readonly unknown[];
  readonly stat: unknown;
  readonly faults: PushFault[];
}

function readElements(text: string): Elements {
  try {
    const value: unknown = JSON.parse(text);
    if (!isFields(value)) return { rxpk: [], stat: undefined, faults: ["bad_json"] };
    const { rxpk, stat } = value;
    if (rxpk !== undefined && !Array.isArray(rxpk)) return { rxpk: [], stat, faults: ["unreadable_rxpk"] };
    return { rxpk: rxpk ?? [], stat, faults: [] };
  } catch {
    const { rxpk, stat, unreadable } = salvage(text);
    const isNothing = rxpk.length === 0 && stat === undefined && unreadable === 0;
    return { rxpk, stat, faults: isNothing ? ["bad_json"] : Array<PushFault>(unreadable).fill("unreadable_rxpk") };
  }
}

/** Whether a text can hold packets at all; statistics alone need no place in the spool. */
export function mayHoldPackets(text: string): boolean {
  return text.includes('"rxpk"') || text.includes("\\u");
}

/** Reads the text of a PUSH_DATA. Never throws. */
export function readPushData(text: string, origin: PushOrigin): PushData {
  const { rxpk, stat: rawStat, faults } = readElements(text);
  const stat = readStat(rawStat);
  const from = { ...origin, location: stat?.location ?? null };
  const packets: UplinkPacket[] = [];
  let sizeMismatches = 0;
  for (const element of rxpk) {
    const read = readRxpk(element, from, packets.length);
    if (typeof read === "string") {
      faults.push(read);
      continue;
    }
    packets.push(...read);
    const size = (element as { readonly size?: unknown }).size;
    if (size !== undefined && size !== read[0].phyPayload.length) sizeMismatches++;
  }
  return { packets, stat, faults, sizeMismatches };
}
