/**
 * Helium-shaped input of the importer: reports as ingest wrote them, and what the verifier looked up about a gateway.
 *
 * Source: helium/proto, service/poc_lora.proto and iot_config; fields the verifier never reads (channel, tmst, gateway clock,
 * signature) are left out. Keys are 33 bytes: type tag, then 32. Times are Unix milliseconds of ingest unless the name says s.
 */
import type { PublishedPlan } from "../radio/region.ts";
import type { HeliumEntropy } from "./beacon.ts";

export interface HeliumBeaconReport {
  readonly receivedMs: number;
  readonly key: Uint8Array;
  readonly localEntropy: Uint8Array;
  readonly remoteEntropy: Uint8Array;
  readonly payload: Uint8Array;
  readonly frequencyHz: number;
  /** Number in Helium's enumeration. */
  readonly dataRate: number;
  /** Conducted power the forwarder says it used, whole dBm. Upstream's schema says 0.1 dBm, its code whole dBm. */
  readonly txPowerDbm: number;
}

export interface HeliumWitnessReport {
  readonly receivedMs: number;
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  readonly frequencyHz: number;
  readonly dataRate: number;
  readonly signalDdbm: number;
  readonly snrDdb: number;
}

/** What the configuration service answers for a key. */
export interface HeliumGateway {
  readonly key: Uint8Array;
  /** Full hotspot; false for data only and for light, which this verifier treats alike. */
  readonly isFull: boolean;
  /** Asserted location, or null when there is none or it lies in no region. */
  readonly asserted: HeliumAssertion | null;
  /** Wallet that is paid. Upstream pays the hotspot; without a wallet the 32 key bytes stand for it. */
  readonly owner?: Uint8Array;
}

export interface HeliumAssertion {
  /** H3 index. */
  readonly location: bigint;
  readonly gainDdbi: number;
  readonly elevationM: number;
  /** Number in Helium's enumeration of regions. */
  readonly region: number;
}

/** Denied keys, and denied pairs of keys without a direction. */
export interface HeliumDenylist {
  readonly keys: Iterable<Uint8Array>;
  readonly edges: Iterable<readonly [Uint8Array, Uint8Array]>;
}

/** Last times of a gateway as upstream's tables held them, Unix ms; null for never. */
export interface HeliumGatewayState {
  readonly key: Uint8Array;
  readonly lastBeaconMs: number | null;
  readonly lastReciprocalBeaconMs: number | null;
  readonly lastWitnessMs: number | null;
}

export interface HeliumEpoch {
  /** Unix ms; a multiple of 1000. */
  readonly startMs: number;
  readonly lengthMs: number;
  readonly gateways: Iterable<HeliumGateway>;
  readonly entropy: Iterable<HeliumEntropy>;
  readonly beacons: Iterable<HeliumBeaconReport>;
  readonly witnesses: Iterable<HeliumWitnessReport>;
  /** Null while none has been loaded: upstream then denies every key. */
  readonly denylist: HeliumDenylist | null;
  readonly state: Iterable<HeliumGatewayState>;
  /** Plan of a region's number, or undefined where none is published. */
  readonly planOf: (region: number) => PublishedPlan | undefined;
}
