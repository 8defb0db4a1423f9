/**
 * How the hotspots of a simulation behave, and how often they behave badly: every rate with its reason.
 *
 * None of the shares is measured for this network, which does not exist yet. They are small, so that totals stay those of an honest
 * network, and large enough that a day of the US list holds every verdict. Shares are 1e-4 of the hotspots.
 */

/** What is wrong with a hotspot, at most one thing each. */
export type Fault =
  | "suspended"
  | "data_only"
  | "unregistered"
  | "moved"
  | "asserted_abroad"
  | "deaf"
  | "mute"
  | "amplifier"
  | "wrong_channel"
  | "wrong_data_rate"
  | "strong_rssi"
  | "weak_snr"
  | "fast_clock"
  | "slow_backhaul"
  | "repeats"
  | "echo"
  | "unasked_beacons"
  | "bad_signatures"
  | "forgetful"
  | "forked"
  | "junk";

export interface FaultShare {
  readonly fault: Fault;
  readonly shareE4: number;
  /** What it stands for, and the verdict or the refusal it leads to. */
  readonly reason: string;
}

/** Dealt out in this order; at least one hotspot each in a world of `FEWEST_FOR_ALL_FAULTS` or more. */
export const FAULTS: readonly FaultShare[] = [
  { fault: "suspended", shareE4: 30, reason: "suspended by governance and still sending: denied" },
  { fault: "data_only", shareE4: 200, reason: "registered for packets only and reporting beacons: invalid_capability" },
  {
    fault: "unregistered",
    shareE4: 10,
    reason: "installed but never registered: its uploads are refused, unknown_key",
  },
  {
    fault: "moved",
    shareE4: 40,
    reason: "carried to another town without a new assertion: max_distance_exceeded, bad_rssi",
  },
  { fault: "asserted_abroad", shareE4: 6, reason: "asserted on another continent: invalid_region" },
  { fault: "deaf", shareE4: 40, reason: "receiver or antenna broken: gateway_no_valid_witnesses" },
  { fault: "mute", shareE4: 40, reason: "transmitter broken, or its antenna off: gateway_no_valid_beacons" },
  { fault: "amplifier", shareE4: 10, reason: "amplifier in the antenna lead, and says so: invalid_power" },
  { fault: "wrong_channel", shareE4: 10, reason: "channel numbers one off: invalid_frequency" },
  { fault: "wrong_data_rate", shareE4: 10, reason: "reports SF9 for whatever it hears: invalid_data_rate" },
  { fault: "strong_rssi", shareE4: 10, reason: "software that makes signals stronger: bad_rssi" },
  { fault: "weak_snr", shareE4: 5, reason: "concentrator driver that reports noise as SNR: bad_snr" },
  {
    fault: "fast_clock",
    shareE4: 10,
    reason: "clock without NTP, ahead: transmits before its time, and is paid all the same",
  },
  { fault: "slow_backhaul", shareE4: 100, reason: "saturated uplink: some reports late" },
  { fault: "repeats", shareE4: 20, reason: "reports again in the next upload: duplicate" },
  { fault: "echo", shareE4: 10, reason: "reports its own beacon as heard: self_witness" },
  { fault: "unasked_beacons", shareE4: 10, reason: "beacons without a challenge: irregular_interval, stale" },
  { fault: "bad_signatures", shareE4: 10, reason: "worn secure element signs wrongly at times: invalid_packet" },
  { fault: "forgetful", shareE4: 40, reason: "loses its disk and goes on from the ingest's head: resumed uploads" },
  { fault: "forked", shareE4: 3, reason: "two machines with one key: chain_fork" },
  { fault: "junk", shareE4: 3, reason: "sends damaged bytes to the ingest, which refuses them" },
];
export const FEWEST_FOR_ALL_FAULTS = 200;

/** Conducted power of an amplifier, 0.1 dBm: above any region's limit with any antenna. */
export const AMPLIFIER_DDBM = 370;
/** How far `wrong_channel` is off: one US915 channel, Hz. */
export const CHANNEL_SLIP_HZ = 200_000;
/** What `strong_rssi` adds, 0.1 dB: more than the median excess loss and the tolerance of 10 dB together. */
export const RSSI_LIE_DDB = 500;
/** What `weak_snr` reports: below any floor, 0.1 dB. */
export const NOISE_SNR_DDB = -300;
/** A fast clock is this much ahead, ms: not before the entropy of the challenge is known. */
export const FAST_CLOCK_MS = { from: 10_000, to: 25_000 } as const;
/** Share of the uploads of `slow_backhaul` that wait, and for how long, ms: around the window of 30 s. */
export const SLOW_UPLOADS = { share: 0.25, fromMs: 5000, toMs: 120_000 } as const;
/** Share of the uploads of `forked` that have a twin, and of `junk` that are followed by a damaged copy. */
export const FORK_SHARE = 0.2;
export const JUNK_SHARE = 0.3;
/** Any sender: share of uploads sent again because the acknowledgement got lost, and how long after, ms. */
export const RESENT_SHARE = 0.003;
export const RESENT_AFTER_MS = 5000;
/** Share of the reports that `repeats` sends twice, of beacons that `bad_signatures` spoils, of uploads that `forgetful` loses. */
export const REPEAT_SHARE = 0.3;
export const SPOILT_SHARE = 0.5;
export const LOST_UPLOAD_SHARE = 0.03;
/** Beacons without a challenge that `unasked_beacons` sends a day. */
export const UNASKED_BEACONS = 3;

/** Any hotspot: chance of one outage a day, its length, and the share of outages that are of the uplink and not of power. */
export const OUTAGE = { dailyChance: 0.12, fromMs: 120_000, toMs: 5 * 3_600_000, uplinkShare: 0.4 } as const;
/** Any hotspot: share of beacons on the air whose report the device loses before it seals it: its witnesses are stale. */
export const LOST_BEACON_REPORT_SHARE = 0.004;

/** A device seals PoC reports this long after the first of them, ms: under the promised 2 s. */
export const FLUSH_MS = { from: 200, to: 1800 } as const;
/** Receipts alone wait this long at most, ms. */
export const RECEIPT_FLUSH_MS = 60_000;
/** From sealing to the ingest's clock, ms: a home connection. */
export const UPLINK_MS = { from: 20, to: 400 } as const;

/** Share of hotspots with a P-256 secure element; the rest sign with Ed25519. */
export const P256_SHARE = 0.05;
/** Share of hotspots that join on the second day, and share that pays its rewards to another wallet than the owner's. */
export const NEWCOMER_SHARE = 0.01;
export const OTHER_BENEFICIARY_SHARE = 0.05;
/** What a host gets of the rewards of a hotspot on its roof, 1e-4. */
export const HOST_SHARE_E4 = 3_000;

/**
 * Antennas: share and gain, 0.1 dBi. Stock antennas of hotspots have 1.2 dBi in the default of Helium's config service; the others are
 * the common outdoor ones. Assumed shares.
 */
export const ANTENNAS: readonly { readonly share: number; readonly gainDdbi: number }[] = [
  { share: 0.6, gainDdbi: 12 },
  { share: 0.15, gainDdbi: 30 },
  { share: 0.15, gainDdbi: 58 },
  { share: 0.1, gainDdbi: 80 },
];

/**
 * Where the antenna stands: share, height and how much of the measured odds reaches it. The campaigns' receivers stood on roofs and
 * towers (1); that a window takes half of the links and a room three quarters is assumed, and puts four to five witnesses on a
 * beacon of the US list, unevenly: half of those hotspots have nobody within reach of 14 dBm.
 */
export const SITINGS: readonly {
  readonly share: number;
  readonly fromM: number;
  readonly toM: number;
  readonly openness: number;
  readonly isTower: boolean;
}[] = [
  { share: 0.3, fromM: 2, toM: 10, openness: 0.25, isTower: false },
  { share: 0.5, fromM: 3, toM: 15, openness: 0.5, isTower: false },
  { share: 0.17, fromM: 6, toM: 25, openness: 1, isTower: false },
  { share: 0.03, fromM: 25, toM: 80, openness: 1, isTower: true },
];

/**
 * EIRP of beacons, 0.1 dBm: 14 dBm, as the campaigns' transmitters and most devices, and for one in ten hotspots 20 dBm. A beacon at
 * the 36 dBm of US915 would prove coverage that no device has.
 */
export const BEACON_EIRP: readonly { readonly share: number; readonly eirpDdbm: number }[] = [
  { share: 0.9, eirpDdbm: 140 },
  { share: 0.1, eirpDdbm: 200 },
];
