/**
 * A Helium beacon from its entropy, and the oracle's check that a reported one is the one its entropy gives.
 *
 * Source: helium/proto, crate `beacon`, in force until July 2026; entropy versions 0 and 1 are built alike. Payload, channel and
 * data rate follow from (remote entropy, local entropy, region) alone: the beaconer's key is not in it, which is flaw 1 of
 * docs/reference/helium-preset.md. Data rates are the bytes of the tables (radio/data-rate.ts); power is whole dBm where it says dBm.
 */
import type { CodedError } from "@earshot/geo";
import { pocError } from "../errors.ts";
import { sha256 } from "../protocol/hash.ts";
import { dataRateFromHelium, loraDataRate } from "../radio/data-rate.ts";
import type { PublishedPlan } from "../radio/region.ts";
import { chacha12Words } from "./chacha12.ts";

/** Bytes of a beacon's payload; the PHYPayload on the air is MHDR 0xE0 and these. */
export const heliumPayloadBytes = 51;
/** Seconds an entropy value may be used, both ends included. */
export const heliumEntropyLifeS = 180;

/** Entropy of the server: 32 bytes, the Unix second it was made, and the version of the construction it is for. */
export interface HeliumEntropy {
  readonly data: Uint8Array;
  readonly timestampS: number;
  readonly version: number;
}

export interface HeliumBeacon {
  readonly payload: Uint8Array;
  readonly frequencyHz: number;
  readonly dataRate: number;
  /** At the antenna connector. */
  readonly conductedPowerDbm: number;
}

/** What a beaconer says it sent, as far as the oracle compares it. */
export interface ReportedHeliumBeacon {
  readonly payload: Uint8Array;
  readonly frequencyHz: number;
  /** Number in Helium's enumeration. */
  readonly dataRate: number;
  readonly localEntropy: Uint8Array;
}

/**
 * The beacon that server entropy and `localEntropy` (4 bytes in practice, any number here) give in a region.
 *
 * Throws POC_BAD_REGION when the plan has no channel or no data rate that carries 51 bytes, and POC_BAD_PARAMETERS for an entropy
 * version other than 0 and 1 or a gain above the plan's greatest EIRP.
 */
export function deriveHeliumBeacon(
  entropy: HeliumEntropy,
  localEntropy: Uint8Array,
  plan: PublishedPlan,
  gainDdbi: number,
): HeliumBeacon {
  const refusal = refusalToBuild(entropy, plan, gainDdbi);
  if (refusal !== null) throw refusal;
  const payload = heliumPayload(entropy, localEntropy);
  return {
    payload,
    frequencyHz: plan.channelsHz[(payload[0] | (payload[1] << 8)) % plan.channelsHz.length],
    dataRate: dataRateFor(plan)!,
    conductedPowerDbm: Math.trunc((plan.maxEirpDdbm - gainDdbi) / 10),
  };
}

/**
 * True when the oracle's own construction equals the report in payload, frequency, data rate and entropy. One that cannot be made
 * equals no report. Conducted power is not compared: upstream had that check switched off.
 */
export function regeneratesHeliumBeacon(
  report: ReportedHeliumBeacon,
  entropy: HeliumEntropy,
  plan: PublishedPlan,
  gainDdbi: number,
): boolean {
  if (refusalToBuild(entropy, plan, gainDdbi) !== null) return false;
  const made = deriveHeliumBeacon(entropy, report.localEntropy, plan, gainDdbi);
  return (
    report.frequencyHz === made.frequencyHz &&
    dataRateFromHelium(report.dataRate) === made.dataRate &&
    report.payload.length === made.payload.length &&
    made.payload.every((byte, i) => report.payload[i] === byte)
  );
}

/** The 51 payload bytes: the low byte of each of the first 51 ChaCha12 words under SHA-256 of both entropies. */
export function heliumPayload(entropy: HeliumEntropy, localEntropy: Uint8Array): Uint8Array {
  // Local entropy has no time of its own; zero stands for it.
  const seed = sha256(entropy.data, int64LittleEndian(entropy.timestampS), localEntropy, int64LittleEndian(0));
  return Uint8Array.from(chacha12Words(seed, heliumPayloadBytes), (word) => word & 0xff);
}

function refusalToBuild(entropy: HeliumEntropy, plan: PublishedPlan, gainDdbi: number): CodedError | null {
  if (entropy.version !== 0 && entropy.version !== 1) {
    return pocError("POC_BAD_PARAMETERS", `entropy version: 0 or 1 expected, ${entropy.version} given`);
  }
  if (plan.channelsHz.length === 0) return pocError("POC_BAD_REGION", "at least one channel expected, none given");
  if (dataRateFor(plan) === undefined) {
    return pocError("POC_BAD_REGION", `no data rate of the region carries ${heliumPayloadBytes} bytes`);
  }
  // Upstream converts to an unsigned number, which refuses every negative one: -0.1 dBm too, although it truncates to 0.
  if (!(gainDdbi <= plan.maxEirpDdbm)) {
    return pocError("POC_BAD_PARAMETERS", `gain: at most ${plan.maxEirpDdbm} expected, ${gainDdbi} given (0.1 dB)`);
  }
  return null;
}

/** The first entry in listed order that carries a beacon, not the fastest. */
function dataRateFor(plan: PublishedPlan): number | undefined {
  const entry = plan.spreading.find(({ maxPacketBytes }) => maxPacketBytes >= heliumPayloadBytes);
  return entry === undefined ? undefined : loraDataRate(entry.spreadingFactor, plan.bandwidthHz);
}

function int64LittleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}
