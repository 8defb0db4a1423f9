/**
 * ChirpStack's gateway messages as plain values, between their two encodings (protobuf/: protobuf, json/: JSON)
 * and the agent's own messages. What comes from outside is checked here once, whichever encoding it had.
 *
 * Numbers and names are those of ChirpStack's gw.proto, with units in the names. Absent is null.
 */
import {
  CODE_RATES,
  type CodeRate,
  type DownlinkCommand,
  type DownlinkItem,
  type DownlinkTiming,
  type GatewayLocation,
  type Modulation,
  type ModulationCount,
  type TxStatus,
} from "../messages.ts";

/** Unix time or GPS time or a span; nanos 0 to 999 999 999. */
export interface SecondsNanos {
  readonly seconds: number;
  readonly nanos: number;
}

export interface RxInfo {
  readonly gatewayId: string;
  readonly uplinkId: number;
  readonly gwTime: SecondsNanos | null;
  readonly timeSinceGpsEpoch: SecondsNanos | null;
  readonly fineTimeSinceGpsEpoch: SecondsNanos | null;
  readonly rssiDbm: number;
  readonly snrDb: number;
  readonly channel: number;
  readonly rfChain: number;
  readonly board: number;
  readonly antenna: number;
  readonly location: GatewayLocation | null;
  readonly context: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** NO_CRC 0, BAD_CRC 1, CRC_OK 2. */
  readonly crcStatus: number;
}

/** event/up. */
export interface UplinkEvent {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly modulation: Modulation;
  readonly rxInfo: RxInfo;
}

/** event/stats: counts of one interval. */
export interface StatsEvent {
  readonly gatewayId: string;
  readonly timeMs: number;
  readonly location: GatewayLocation | null;
  readonly configVersion: string;
  readonly rxPackets: number;
  readonly rxPacketsOk: number;
  readonly txPackets: number;
  readonly txPacketsEmitted: number;
  readonly rxPerFrequencyHz: ReadonlyMap<number, number>;
  readonly txPerFrequencyHz: ReadonlyMap<number, number>;
  readonly rxPerModulation: readonly ModulationCount[];
  readonly txPerModulation: readonly ModulationCount[];
  readonly txPerStatus: ReadonlyMap<string, number>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** event/ack. */
export interface TxAckEvent {
  readonly gatewayId: string;
  readonly downlinkId: number;
  readonly statuses: readonly TxStatus[];
}

/** event/exec. */
export interface ExecResponse {
  readonly gatewayId: string;
  readonly execId: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Empty: it ran and ended with 0. */
  readonly error: string;
}

/** command/exec. */
export interface ExecRequest {
  readonly gatewayId: string;
  readonly command: string;
  readonly execId: number;
  readonly stdin: Uint8Array;
  readonly environment: Readonly<Record<string, string>>;
}

/** command/config, as far as an agent that owns no radio can follow it. */
export interface GatewayConfiguration {
  readonly gatewayId: string;
  readonly version: string;
  /** Null when it does not say. */
  readonly statsIntervalMs: number | null;
}

export interface RawModulation {
  readonly lora: {
    readonly bandwidthHz: number;
    readonly spreadingFactor: number;
    readonly codeRate: number;
    readonly polarizationInversion: boolean;
    readonly preamble: number;
    readonly noCrc: boolean;
  } | null;
  readonly fsk: { readonly frequencyDeviationHz: number; readonly bitrateBps: number } | null;
  readonly lrFhss: { readonly bandwidthHz: number; readonly codeRate: number; readonly gridSteps: number } | null;
}

export interface RawDownlinkItem {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly eirpDbm: number;
  readonly modulation: RawModulation | null;
  readonly board: number;
  readonly antenna: number;
  readonly timing:
    | { readonly kind: "immediately" }
    | { readonly kind: "delay" | "gps"; readonly span: SecondsNanos | null }
    | null;
  readonly context: Uint8Array;
}

/** command/down as it was read: nothing is checked yet. */
export interface RawDownlink {
  readonly downlinkId: number;
  readonly gatewayId: string;
  readonly items: readonly RawDownlinkItem[];
}

/** Why a message from outside is not used; `expected` is for a person. */
export interface MessageProblem {
  readonly status: "refused";
  readonly reason:
    | "unreadable"
    | "wrong_gateway_id"
    | "no_items"
    | "no_tx_info"
    | "bad_payload"
    | "bad_frequency"
    | "bad_power"
    | "bad_modulation"
    | "bad_timing";
  readonly expected: string;
}

export type Checked<T> = { readonly status: "ok"; readonly value: T } | MessageProblem;

export function problem(reason: MessageProblem["reason"], expected: string): MessageProblem {
  return { status: "refused", reason, expected };
}

/** Our name of a code rate by its number in gw.proto (1 and up), or null. */
export function codeRateOf(number: number): CodeRate | null {
  return CODE_RATES[number - 1] ?? null;
}

/** The number in gw.proto. */
export function codeRateNumber(codeRate: CodeRate): number {
  return CODE_RATES.indexOf(codeRate) + 1;
}

/** Our modulation, or null if a value is missing or out of range. */
export function modulationOf(raw: RawModulation): Modulation | null {
  if (raw.lora !== null) {
    const { bandwidthHz, spreadingFactor } = raw.lora;
    // A downlink whose code rate was left out is 4/5: that is what LoRaWAN prescribes.
    const codeRate = codeRateOf(raw.lora.codeRate === 0 ? 1 : raw.lora.codeRate);
    if (codeRate === null || spreadingFactor < 5 || spreadingFactor > 12 || bandwidthHz < 1) return null;
    return { kind: "lora", bandwidthHz, spreadingFactor, codeRate };
  }
  if (raw.fsk !== null) return raw.fsk.bitrateBps < 1 ? null : { kind: "fsk", bitrateBps: raw.fsk.bitrateBps };
  if (raw.lrFhss === null) return null;
  const codeRate = codeRateOf(raw.lrFhss.codeRate);
  if (codeRate === null) return null;
  return { kind: "lr-fhss", bandwidthHz: raw.lrFhss.bandwidthHz, codeRate, gridSteps: raw.lrFhss.gridSteps };
}

/** Whether a 1 GHz-class concentrator could tune to it at all; what the region allows is decided elsewhere. */
function isFrequencyHz(value: number): boolean {
  return Number.isInteger(value) && value >= 100_000_000 && value <= 3_000_000_000;
}

function downlinkTiming(raw: RawDownlinkItem["timing"]): DownlinkTiming | null {
  if (raw === null || raw.kind === "immediately") return raw;
  if (raw.span === null || raw.span.seconds < 0 || raw.span.nanos < 0) return null;
  const { seconds, nanos } = raw.span;
  if (raw.kind === "gps") return { kind: "gps", gpsTimeMs: seconds * 1000 + Math.floor(nanos / 1e6) };
  return { kind: "delay", delayUs: seconds * 1e6 + Math.floor(nanos / 1e3) };
}

function downlinkItem(raw: RawDownlinkItem): Checked<DownlinkItem> {
  const length = raw.phyPayload.length;
  if (length < 1 || length > 255) return problem("bad_payload", `1 to 255 bytes, got ${length}`);
  if (!isFrequencyHz(raw.frequencyHz)) return problem("bad_frequency", `a frequency in Hz, got ${raw.frequencyHz}`);
  if (!Number.isInteger(raw.eirpDbm) || raw.eirpDbm < -30 || raw.eirpDbm > 40) {
    return problem("bad_power", `-30 to 40 dBm, got ${raw.eirpDbm}`);
  }
  const modulation = raw.modulation === null ? null : modulationOf(raw.modulation);
  if (modulation === null) return problem("bad_modulation", "LoRa, FSK or LR-FHSS with its parameters");
  const timing = downlinkTiming(raw.timing);
  if (timing === null) return problem("bad_timing", "immediately, a delay or a GPS time");
  const lora = raw.modulation?.lora ?? null;
  const deviation = raw.modulation?.fsk?.frequencyDeviationHz ?? 0;
  return {
    status: "ok",
    value: {
      phyPayload: raw.phyPayload,
      frequencyHz: raw.frequencyHz,
      eirpDbm: raw.eirpDbm,
      modulation,
      polarizationInversion: lora?.polarizationInversion ?? false,
      preambleSymbols: lora === null || lora.preamble === 0 ? null : lora.preamble,
      hasCrc: lora === null || !lora.noCrc,
      frequencyDeviationHz: modulation.kind === "fsk" && deviation > 0 ? deviation : null,
      board: raw.board,
      antenna: raw.antenna,
      timing,
      context: raw.context,
    },
  };
}

/**
 * A downlink from a network server, checked: `gatewayId` is the id of the topic it came on, which must be the payload's too.
 * The answer lacks what only the server actor knows (origin, the forwarder's EUI).
 */
export function checkDownlink(
  raw: RawDownlink,
  gatewayId: string,
): Checked<Pick<DownlinkCommand, "downlinkId" | "items">> {
  if (raw.gatewayId !== gatewayId) return problem("wrong_gateway_id", `${gatewayId}, got ${raw.gatewayId}`);
  if (raw.items.length === 0) return problem("no_items", "one item or more");
  const items: DownlinkItem[] = [];
  for (const rawItem of raw.items) {
    const item = downlinkItem(rawItem);
    if (item.status === "refused") return item;
    items.push(item.value);
  }
  return { status: "ok", value: { downlinkId: raw.downlinkId, items } };
}
