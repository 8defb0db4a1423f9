/**
 * Statistics on their way to one server: intervals are added up until the server is due another message and can be reached, so
 * no count is lost in an outage. ChirpStack wants counts of the interval, not totals.
 *
 * ChirpStack drops a whole statistics message when one of its modulations is no data rate of the region, so only those that are
 * for certain are named; the totals hold all packets. The metadata key `concentratord_version` is never passed on: it would make
 * ChirpStack push channel plans, which a packet forwarder cannot take.
 */
import type { GatewayStats, Modulation, ModulationCount } from "../messages.ts";
import type { UtcTime } from "../utc.ts";
import type { StatsEvent } from "./gateway-message.ts";

/** The sum of two intervals; the later one says time, place and metadata. */
export function addStats(earlier: GatewayStats, later: GatewayStats): GatewayStats {
  return {
    ...later,
    location: later.location ?? earlier.location,
    rxPackets: earlier.rxPackets + later.rxPackets,
    rxPacketsOk: earlier.rxPacketsOk + later.rxPacketsOk,
    rxPacketsForwarded: earlier.rxPacketsForwarded + later.rxPacketsForwarded,
    txPackets: earlier.txPackets + later.txPackets,
    txPacketsEmitted: earlier.txPacketsEmitted + later.txPacketsEmitted,
    rxPerFrequencyHz: addCounts(earlier.rxPerFrequencyHz, later.rxPerFrequencyHz),
    txPerFrequencyHz: addCounts(earlier.txPerFrequencyHz, later.txPerFrequencyHz),
    rxPerModulation: addModulations(earlier.rxPerModulation, later.rxPerModulation),
    txPerModulation: addModulations(earlier.txPerModulation, later.txPerModulation),
    txPerStatus: addCounts(earlier.txPerStatus, later.txPerStatus),
  };
}

function addCounts<Key>(left: ReadonlyMap<Key, number>, right: ReadonlyMap<Key, number>): ReadonlyMap<Key, number> {
  const sum = new Map(left);
  for (const [key, count] of right) sum.set(key, (sum.get(key) ?? 0) + count);
  return sum;
}

function addModulations(left: readonly ModulationCount[], right: readonly ModulationCount[]): ModulationCount[] {
  const sum = new Map<string, ModulationCount>();
  for (const { modulation, count } of [...left, ...right]) {
    const key = JSON.stringify(modulation);
    sum.set(key, { modulation, count: count + (sum.get(key)?.count ?? 0) });
  }
  return [...sum.values()];
}

/** Regions whose 125 kHz uplinks end at SF10 (LoRaWAN regional parameters RP2-1.0.4, US902-928). */
const shortUplinks: readonly string[] = ["US915"];
/** Regions with FSK at 50 kbit/s and SF7 at 250 kHz among their data rates. */
const withFsk = /^(EU868|EU433|AS923|RU864|IN865|CN779)/;
/** Regions with 500 kHz data rates. */
const with500: readonly string[] = ["US915", "AU915"];

/** Whether ChirpStack has a data rate for it in the region; `region` as in the configuration, null when none is set. */
export function isRegionModulation(modulation: Modulation, region: string | null): boolean {
  if (modulation.kind === "lr-fhss") return false;
  if (modulation.kind === "fsk") return modulation.bitrateBps === 50_000 && region !== null && withFsk.test(region);
  const { bandwidthHz, spreadingFactor, codeRate } = modulation;
  if (codeRate !== "4/5" || spreadingFactor < 7) return false;
  if (bandwidthHz === 125_000) {
    // Without a region only what every region has.
    return spreadingFactor <= (region === null || shortUplinks.includes(region) ? 10 : 12);
  }
  if (region === null) return false;
  if (bandwidthHz === 250_000) return spreadingFactor === 7 && withFsk.test(region) && !region.startsWith("IN865");
  return bandwidthHz === 500_000 && with500.includes(region);
}

export interface StatsContext {
  readonly gatewayId: string;
  readonly region: string | null;
  /** Version of the configuration that the server sent; empty when it sent none. */
  readonly configVersion: string;
  readonly utc: Pick<UtcTime, "ofSteady">;
}

const refusedMetadata = "concentratord_version";

/** The statistics as ChirpStack's event. */
export function statsEvent(stats: GatewayStats, context: StatsContext): StatsEvent {
  const isKnown = ({ modulation }: ModulationCount) => isRegionModulation(modulation, context.region);
  const { [refusedMetadata]: _, ...metadata } = stats.metadata;
  return {
    gatewayId: context.gatewayId,
    timeMs: statsTimeMs(stats.gatewayTimeMs, Math.round(context.utc.ofSteady(stats.receivedMs))),
    location: stats.location,
    configVersion: context.configVersion,
    rxPackets: u32(stats.rxPackets),
    rxPacketsOk: u32(stats.rxPacketsOk),
    txPackets: u32(stats.txPackets),
    txPacketsEmitted: u32(stats.txPacketsEmitted),
    rxPerFrequencyHz: stats.rxPerFrequencyHz,
    txPerFrequencyHz: stats.txPerFrequencyHz,
    rxPerModulation: stats.rxPerModulation.filter(isKnown),
    txPerModulation: stats.txPerModulation.filter(isKnown),
    txPerStatus: stats.txPerStatus,
    metadata,
  };
}

/** A gateway's clock further off than this is not set at all. */
const maxGatewayClockErrorMs = 300_000;

function statsTimeMs(gatewayTimeMs: number | null, receivedUtcMs: number): number {
  const isPlausible = gatewayTimeMs !== null && Math.abs(gatewayTimeMs - receivedUtcMs) < maxGatewayClockErrorMs;
  return isPlausible ? gatewayTimeMs : receivedUtcMs;
}

/** Counts of a forwarder are its own claim; the wire holds 32 bits. */
function u32(count: number): number {
  return Math.min(count, 0xffff_ffff);
}

/** A message this much early still counts as due: forwarders' intervals jitter. */
const earlyMs = 2000;

/** Adds intervals up and says when they are due. */
export class StatsWindow {
  readonly #intervalMs: number;
  #pending: GatewayStats | null = null;
  #sentMs: number | null = null;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  add(stats: GatewayStats): void {
    this.#pending = this.#pending === null ? stats : addStats(this.#pending, stats);
  }

  /**
   * What to send now, or null while nothing is due. `intervalMs`: where the server asked for another one than the configured.
   * It is the window's no more: `giveBack` what did not arrive.
   */
  take(nowMs: number, intervalMs: number = this.#intervalMs): GatewayStats | null {
    const isDue = this.#sentMs === null || nowMs - this.#sentMs >= intervalMs - earlyMs;
    if (this.#pending === null || !isDue) return null;
    const taken = this.#pending;
    this.#pending = null;
    this.#sentMs = nowMs;
    return taken;
  }

  /** What `take` gave did not reach the server: it is due at once, with what came since. */
  giveBack(stats: GatewayStats): void {
    this.#pending = this.#pending === null ? stats : addStats(stats, this.#pending);
    this.#sentMs = null;
  }
}
