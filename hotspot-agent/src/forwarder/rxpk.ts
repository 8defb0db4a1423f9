/**
 * One element of `rxpk` as uplink packets: one for each antenna that heard the frame.
 *
 * What decides a packet (payload, frequency, modulation, level) must be sound or the element is refused with a reason; the rest is
 * null or 0 when odd, because a packet with an unreadable clock is still a packet. `size` is not believed, the decoded length is.
 */
import type { CodeRate, CrcStatus, GatewayEui, GatewayLocation, Modulation, UplinkPacket } from "../messages.ts";
import { CODE_RATES } from "../messages.ts";
import { packetContext, tmstContext } from "./packet-context.ts";

export type RxpkFault =
  | "not_an_object"
  | "bad_data"
  | "bad_frequency"
  | "bad_modulation"
  | "bad_code_rate"
  | "bad_level";

/** What all packets of one datagram share. */
export interface RxpkOrigin {
  readonly gatewayEui: GatewayEui;
  readonly receivedMs: number;
  readonly earlierUtcMs: number | null;
  /** CRC-32 of the spool record: makes `uplinkId` the same after a restart. */
  readonly recordId: number;
  readonly location: GatewayLocation | null;
}

type Fields = Readonly<Record<string, unknown>>;

const maxU32 = 0xffff_ffff;
/** 2^32 divided by the golden ratio: spreads consecutive packets of a datagram over the ids. */
const uplinkIdStep = 0x9e37_79b1;

/** What other texts the same rate has: the HAL's own aliases. */
const codeRateAliases: Readonly<Record<string, CodeRate>> = { "2/3": "4/6", "1/2": "4/8", "1/3": "2/6" };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An integer in [min, max], or null. */
export function integerOrNull(value: unknown, min: number, max: number): number | null {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max ? (value as number) : null;
}

function byteOrZero(value: unknown): number {
  return integerOrNull(value, 0, 255) ?? 0;
}

/** String members of an object; anything else is left out. */
export function stringMap(value: unknown): Readonly<Record<string, string>> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Bytes of base64 text, padded or not, either alphabet; null for any other text. */
export function decodeBase64(text: unknown): Uint8Array | null {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return null;
  const isUrlSafe = text.includes("-") || text.includes("_");
  try {
    return Uint8Array.fromBase64(isUrlSafe ? text.replaceAll("-", "+").replaceAll("_", "/") : text);
  } catch {
    return null;
  }
}

function readCodeRate(value: unknown): CodeRate | null {
  if (typeof value !== "string") return null;
  if ((CODE_RATES as readonly string[]).includes(value)) return value as CodeRate;
  return codeRateAliases[value] ?? null;
}

function readModulation(fields: Fields): Modulation | RxpkFault {
  const { modu, datr } = fields;
  if (modu === "FSK") {
    const bitrateBps = integerOrNull(datr, 1, maxU32);
    return bitrateBps === null ? "bad_modulation" : { kind: "fsk", bitrateBps };
  }
  if (typeof datr !== "string") return "bad_modulation";
  const isLora = modu === "LORA";
  const match = isLora
    ? /^SF([5-9]|1[0-2])BW(\d{1,4})$/.exec(datr)
    : modu === "LR-FHSS"
      ? /^M0CW(\d{1,4})$/.exec(datr)
      : null;
  if (match === null) return "bad_modulation";
  const codeRate = readCodeRate(fields.codr);
  if (codeRate === null) return "bad_code_rate";
  const bandwidthHz = Number(match[isLora ? 2 : 1]) * 1000;
  if (bandwidthHz === 0) return "bad_modulation";
  if (isLora) return { kind: "lora", bandwidthHz, spreadingFactor: Number(match[1]), codeRate };
  return { kind: "lr-fhss", bandwidthHz, codeRate, gridSteps: integerOrNull(fields.hpw, 0, maxU32) ?? 0 };
}

/** A missing `stat` counts as ok: the network server checks the MIC, and a packet dropped here is lost. */
function readCrcStatus(value: unknown): CrcStatus {
  return value === -1 ? "bad" : value === 0 ? "none" : "ok";
}

/** µs since the Unix epoch of an ISO 8601 UTC text with up to nine decimals; null for any other text. */
export function readIsoTimeUs(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(value);
  if (match === null) return null;
  const seconds = Date.parse(`${match[1]}Z`) / 1000;
  return Number.isInteger(seconds) ? seconds * 1_000_000 + Number((match[2] ?? "").padEnd(6, "0").slice(0, 6)) : null;
}

interface Level {
  readonly rssiDbm: number;
  readonly signalRssiDbm: number | null;
  readonly snrDdb: number | null;
}

function level(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= 300 ? value : null;
}

function readLevel(rssi: unknown, fields: Fields): Level | null {
  const rssiDbm = level(rssi) ?? level(fields.rssis);
  if (rssiDbm === null) return null;
  const signal = level(fields.rssis);
  const snr = level(fields.lsnr);
  return {
    rssiDbm: Math.round(rssiDbm),
    signalRssiDbm: signal === null ? null : Math.round(signal),
    snrDdb: snr === null ? null : Math.round(snr * 10),
  };
}

/**
 * The packets in one rxpk element: one, or as many as `rsig` names antennas with a level. `firstIndex` is how many packets the
 * datagram gave before it. A fault is a value; this never throws.
 */
export function readRxpk(value: unknown, origin: RxpkOrigin, firstIndex: number): readonly UplinkPacket[] | RxpkFault {
  if (!isFields(value)) return "not_an_object";
  const phyPayload = decodeBase64(value.data);
  if (phyPayload === null || phyPayload.length === 0 || phyPayload.length > 255) return "bad_data";
  const megahertz = value.freq;
  const frequencyHz = typeof megahertz === "number" ? integerOrNull(Math.round(megahertz * 1e6), 1, maxU32) : null;
  if (frequencyHz === null) return "bad_frequency";
  const modulation = readModulation(value);
  if (typeof modulation === "string") return modulation;
  const { gatewayEui, receivedMs, earlierUtcMs, location } = origin;
  const tmst = integerOrNull(value.tmst, 0, maxU32);
  const shared = {
    gatewayEui,
    source: "gwmp",
    phyPayload,
    frequencyHz,
    modulation,
    crcStatus: readCrcStatus(value.stat),
    tmst,
    receivedMs,
    earlierUtcMs,
    gatewayTimeUs: readIsoTimeUs(value.time),
    gpsTimeMs: integerOrNull(value.tmms, 0, Number.MAX_SAFE_INTEGER),
    fineTimeNs: integerOrNull(value.ftime, 0, 999_999_999),
    rfChain: byteOrZero(value.rfch),
    board: byteOrZero(value.brd),
    location,
    metadata: stringMap(value.meta),
    context: packetContext(tmst === null ? new Uint8Array(0) : tmstContext(tmst), receivedMs),
  } as const;
  const uplinkId = (index: number) => (origin.recordId + Math.imul(firstIndex + index, uplinkIdStep)) >>> 0;
  const antennas = Array.isArray(value.rsig) ? value.rsig.filter(isFields) : [];
  if (antennas.length === 0) {
    const levels = readLevel(value.rssi, value);
    if (levels === null) return "bad_level";
    const antenna = byteOrZero(value.ant);
    return [{ ...shared, ...levels, uplinkId: uplinkId(0), channel: byteOrZero(value.chan), antenna }];
  }
  const packets: UplinkPacket[] = [];
  for (const fields of antennas) {
    const levels = readLevel(fields.rssic, fields);
    if (levels === null) continue;
    const channel = byteOrZero(fields.chan ?? value.chan);
    packets.push({
      ...shared,
      ...levels,
      uplinkId: uplinkId(packets.length),
      channel,
      antenna: byteOrZero(fields.ant),
    });
  }
  return packets.length === 0 ? "bad_level" : packets;
}
