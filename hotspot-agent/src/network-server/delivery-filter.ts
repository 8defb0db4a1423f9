/**
 * Which packets a network server wants, by DevAddr, NetID and JoinEUI.
 *
 * Data frames are matched by DevAddr (a NetID stands for its DevAddr range), join-requests and rejoin-requests of type 1 by JoinEUI,
 * rejoin-requests of types 0 and 2 by the NetID in them. Whatever is no LoRaWAN uplink (proprietary frames such as beacons, downlinks
 * overheard, noise) goes to no network server: ChirpStack logs an error for each.
 */
import {
  type DevAddrRange,
  isInDevAddrRange,
  netIdRange,
  parseDevAddrPrefix,
  parseFrame,
  parseNetId,
} from "@earshot/poc/lorawan";
import { agentError } from "../errors.ts";

export interface FilterSpec {
  /** Null: every device. Empty: none. */
  readonly devAddrRanges: readonly DevAddrRange[] | null;
  /** NetIDs whose rejoin-requests are wanted; null: all. */
  readonly netIds: readonly number[] | null;
  /** Null: every join-request. Empty: none. */
  readonly joinEuiRanges: readonly JoinEuiRange[] | null;
}

/** Inclusive. */
export interface JoinEuiRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The filter of a configured server: empty lists admit everything; DevAddr ranges and NetIDs add up. */
export interface FilterTexts {
  /** `26000000/7` each. */
  readonly devAddrPrefixes: readonly string[];
  /** `70b3d57ed0000000/40` each. */
  readonly joinEuiPrefixes: readonly string[];
  /** `000013` each. */
  readonly netIds: readonly string[];
}

/** @throws AGT_BAD_OPTION if a text is not a prefix or a NetID. */
export function filterSpec(texts: FilterTexts): FilterSpec {
  const netIds = texts.netIds.map(netIdOf);
  const prefixRanges = texts.devAddrPrefixes.map(devAddrRangeOf);
  const hasDevices = netIds.length > 0 || prefixRanges.length > 0;
  return {
    devAddrRanges: hasDevices ? [...prefixRanges, ...netIds.map(netIdRange)] : null,
    netIds: hasDevices ? netIds : null,
    joinEuiRanges: texts.joinEuiPrefixes.length === 0 ? null : texts.joinEuiPrefixes.map(joinEuiRangeOf),
  };
}

function netIdOf(text: string): number {
  const netId = parseNetId(text);
  if (netId === null) throw agentError("AGT_BAD_OPTION", `net_id: expected six hex digits, got ${text}`);
  return netId;
}

function devAddrRangeOf(text: string): DevAddrRange {
  const prefix = parseDevAddrPrefix(text);
  if (prefix === null) {
    throw agentError("AGT_BAD_OPTION", `dev_addr: expected a prefix such as 26000000/7, zeros after it, got ${text}`);
  }
  return { first: prefix.devAddr, last: prefix.devAddr + 2 ** (32 - prefix.bits) - 1 };
}

function joinEuiRangeOf(text: string): JoinEuiRange {
  const match = /^([0-9a-fA-F]{16})\/(\d{1,2})$/.exec(text);
  const bits = match === null ? 65 : Number(match[2]);
  const first = match === null ? 0n : BigInt(`0x${match[1]}`);
  const size = 1n << BigInt(64 - Math.min(64, bits));
  if (bits > 64 || first % size !== 0n) {
    throw agentError("AGT_BAD_OPTION", `join_eui: expected a prefix such as 70b3d57ed0000000/40, got ${text}`);
  }
  return { first, last: first + size - 1n };
}

/** Whether a server with this filter wants the frame. Pure. */
export function wantsFrame(spec: FilterSpec, phyPayload: Uint8Array): boolean {
  const frame = parseFrame(phyPayload);
  switch (frame.kind) {
    case "data":
      if (frame.direction !== "up") return false;
      return spec.devAddrRanges === null || spec.devAddrRanges.some((range) => isInDevAddrRange(frame.devAddr, range));
    case "join-request":
      return wantsJoinEui(spec, frame.joinEui);
    case "rejoin-request":
      if (frame.rejoinType === 1) return wantsJoinEui(spec, frame.joinEui);
      return spec.netIds === null || spec.netIds.includes(frame.netId);
    default:
      return false;
  }
}

function wantsJoinEui({ joinEuiRanges }: FilterSpec, joinEui: bigint): boolean {
  return joinEuiRanges === null || joinEuiRanges.some(({ first, last }) => joinEui >= first && joinEui <= last);
}
