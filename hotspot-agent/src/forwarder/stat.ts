/**
 * The `stat` object of a PUSH_DATA: one interval of a gateway's own counts, its place and its state.
 *
 * Everything is optional and odd values are as if missing. A place of exactly 0/0 is what a receiver without a fix reports, so it is
 * no place. The time is `2014-01-12 08:59:28 GMT` as the HAL prints it.
 */
import type { GatewayLocation, GatewayStats } from "../messages.ts";
import { integerOrNull, isFields, stringMap } from "./rxpk.ts";

/** What the forwarder said, without what the agent counted itself. */
export type ReadStat = Omit<
  GatewayStats,
  | "gatewayEui"
  | "receivedMs"
  | "rxPerFrequencyHz"
  | "rxPerModulation"
  | "txPerFrequencyHz"
  | "txPerModulation"
  | "txPerStatus"
>;

const maxCount = 0xffff_ffff;

function finite(value: unknown, limit: number): number | null {
  return typeof value === "number" && Math.abs(value) <= limit ? value : null;
}

function tenths(value: unknown, limit: number): number | null {
  const number = finite(value, limit);
  return number === null ? null : Math.round(number * 10);
}

function readTimeMs(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?: GMT| UTC|Z)?$/.exec(value);
  const timeMs = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(timeMs) ? null : timeMs;
}

function readLocation(lati: unknown, long: unknown, alti: unknown): GatewayLocation | null {
  const latitudeDeg = finite(lati, 90);
  const longitudeDeg = finite(long, 180);
  if (latitudeDeg === null || longitudeDeg === null || (latitudeDeg === 0 && longitudeDeg === 0)) return null;
  return { latitudeDeg, longitudeDeg, altitudeM: finite(alti, 100_000) ?? 0 };
}

/** The counts and the place in a `stat`; null when it is no object. */
export function readStat(value: unknown): ReadStat | null {
  if (!isFields(value)) return null;
  const count = (of: unknown) => integerOrNull(of, 0, maxCount) ?? 0;
  return {
    gatewayTimeMs: readTimeMs(value.time),
    location: readLocation(value.lati, value.long, value.alti),
    rxPackets: count(value.rxnb),
    rxPacketsOk: count(value.rxok),
    rxPacketsForwarded: count(value.rxfw),
    txPackets: count(value.dwnb),
    txPacketsEmitted: count(value.txnb),
    ackedPermille: tenths(value.ackr, 100),
    temperatureDc: tenths(value.temp, 1000),
    metadata: stringMap(value.meta),
  };
}
