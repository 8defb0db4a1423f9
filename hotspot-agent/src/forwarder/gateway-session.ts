/**
 * What the agent knows of one packet forwarder: where to send downlinks, and its counts of the running statistics interval.
 *
 * The downlink address is taken from PULL_DATA alone: forwarders send PUSH_DATA from another socket, whose port nobody listens on.
 */
import type {
  DownlinkItem,
  GatewayEui,
  GatewayLocation,
  GatewayStats,
  Modulation,
  ModulationCount,
  TxStatus,
  UplinkPacket,
} from "../messages.ts";
import type { GwmpVersion } from "./gwmp-datagram.ts";
import type { ReadStat } from "./stat.ts";

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Counts of one interval. */
interface Interval {
  readonly rxPerFrequencyHz: Map<number, number>;
  readonly rxPerModulation: Map<string, { readonly modulation: Modulation; count: number }>;
  readonly txPerFrequencyHz: Map<number, number>;
  readonly txPerModulation: Map<string, { readonly modulation: Modulation; count: number }>;
  readonly txPerStatus: Map<TxStatus, number>;
}

const newInterval = (): Interval => ({
  rxPerFrequencyHz: new Map(),
  rxPerModulation: new Map(),
  txPerFrequencyHz: new Map(),
  txPerModulation: new Map(),
  txPerStatus: new Map(),
});

function countKey<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function modulationKey(modulation: Modulation): string {
  if (modulation.kind === "lora")
    return `${modulation.spreadingFactor}/${modulation.bandwidthHz}/${modulation.codeRate}`;
  return modulation.kind === "fsk"
    ? `fsk/${modulation.bitrateBps}`
    : `lr/${modulation.bandwidthHz}/${modulation.codeRate}`;
}

function countModulation(counts: Interval["rxPerModulation"], modulation: Modulation): void {
  const key = modulationKey(modulation);
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { modulation, count: 1 });
  else known.count++;
}

const listed = (counts: Interval["rxPerModulation"]): readonly ModulationCount[] =>
  [...counts.values()].map(({ modulation, count }) => ({ modulation, count }));

export class GatewaySession {
  readonly gatewayEui: GatewayEui;
  /** From the last PULL_DATA; null before the first. */
  downlinkAddress: SocketAddress | null = null;
  downlinkVersion: GwmpVersion = 2;
  /** Steady ms of the last datagram, PULL_DATA, PUSH_DATA with packets, and statistics; null before the first. */
  lastSeenMs: number;
  lastPullMs: number | null = null;
  lastPacketMs: number | null = null;
  lastStatMs: number | null = null;
  location: GatewayLocation | null = null;
  #interval = newInterval();

  constructor(gatewayEui: GatewayEui, nowMs: number) {
    this.gatewayEui = gatewayEui;
    this.lastSeenMs = nowMs;
  }

  pulled(address: SocketAddress, version: GwmpVersion, nowMs: number): void {
    this.downlinkAddress = address;
    this.downlinkVersion = version;
    this.lastPullMs = nowMs;
  }

  received(packets: readonly UplinkPacket[], nowMs: number): void {
    if (packets.length > 0) this.lastPacketMs = nowMs;
    for (const { frequencyHz, modulation, crcStatus } of packets) {
      if (crcStatus !== "ok") continue;
      countKey(this.#interval.rxPerFrequencyHz, frequencyHz);
      countModulation(this.#interval.rxPerModulation, modulation);
    }
  }

  settled({ frequencyHz, modulation }: DownlinkItem, status: TxStatus): void {
    countKey(this.#interval.txPerStatus, status);
    if (status !== "OK") return;
    countKey(this.#interval.txPerFrequencyHz, frequencyHz);
    countModulation(this.#interval.txPerModulation, modulation);
  }

  /** The statistics of the interval that ends with this `stat`; the next interval begins. */
  stats(stat: ReadStat, receivedMs: number): GatewayStats {
    const { rxPerFrequencyHz, rxPerModulation, txPerFrequencyHz, txPerModulation, txPerStatus } = this.#interval;
    this.#interval = newInterval();
    this.lastStatMs = receivedMs;
    if (stat.location !== null) this.location = stat.location;
    return {
      ...stat,
      gatewayEui: this.gatewayEui,
      receivedMs,
      rxPerFrequencyHz,
      rxPerModulation: listed(rxPerModulation),
      txPerFrequencyHz,
      txPerModulation: listed(txPerModulation),
      txPerStatus,
    };
  }
}
