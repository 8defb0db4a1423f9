/**
 * Every verdict a report can get: a stable number, a stable name, and what its two figures mean.
 *
 * Numbers 0–31 and their names are those of Helium's last verifier where the meaning is the same; ours begin at 32. A number
 * or a name is never reused. `measured` and `limit` are int32 columns in verdicts.arrow; their unit is told here.
 */

export interface ReasonDefinition {
  readonly number: number;
  readonly name: string;
  /** What it means for the owner, in one sentence. */
  readonly meaning: string;
  /** What the two figures are; the report passed the check iff measured and limit stand in this relation. */
  readonly figures: string;
}

function reason<const N extends number, const S extends string>(number: N, name: S, meaning: string, figures: string) {
  return { number, name, meaning, figures } as const satisfies ReasonDefinition;
}

export const REASONS = [
  reason(0, "valid", "The report passed every check.", "0 and 0"),
  reason(2, "not_asserted", "The hotspot has no asserted location.", "asserted (0), required (1)"),
  reason(
    3,
    "entropy_expired",
    "The report reached the oracle outside the life of its entropy.",
    "ms since the entropy, ms allowed",
  ),
  reason(5, "invalid_capability", "The hotspot is registered for data only.", "capability, capability required"),
  reason(
    7,
    "irregular_interval",
    "The beacon was not due: the hotspot has beaconed in this interval, or was not challenged.",
    "interval of the report, first interval allowed",
  ),
  reason(8, "gateway_not_found", "The key is not in the registry.", "registered (0), required (1)"),
  reason(9, "denied", "The hotspot is suspended in the registry or on the denylist.", "suspended (1), allowed (0)"),
  reason(
    10,
    "invalid_packet",
    "The payload or signature is not the one the challenge asks for.",
    "proof status, status required (0)",
  ),
  reason(11, "bad_rssi", "The signal is stronger than free space allows.", "RSSI, highest RSSI allowed, 0.1 dBm"),
  reason(
    12,
    "invalid_region",
    "Beaconer and witness are asserted in different regions.",
    "region of the witness, of the beaconer",
  ),
  reason(
    13,
    "max_distance_exceeded",
    "The two are farther apart than a witness may be.",
    "distance, greatest distance allowed, m",
  ),
  reason(
    14,
    "invalid_frequency",
    "The frequency is not the one the beacon used.",
    "difference, greatest difference allowed, Hz",
  ),
  reason(15, "self_witness", "The beaconer reported its own beacon.", "hotspot id, beaconer's hotspot id"),
  reason(
    16,
    "stale",
    "No beacon report with this payload is in the log of the epoch.",
    "beacons found (0), required (1)",
  ),
  reason(
    19,
    "below_min_distance",
    "The two are closer together than a witness must be.",
    "distance, least distance, m or grid cells; -1 where no grid distance exists",
  ),
  reason(
    20,
    "duplicate",
    "An earlier report of the same hotspot for the same challenge counts.",
    "place among its reports, place that counts (1)",
  ),
  reason(21, "denied_edge", "The pair of beaconer and witness is on the denylist.", "denied (1), allowed (0)"),
  reason(
    22,
    "too_late",
    "The report arrived too long after the first one of its beacon.",
    "ms behind the first, ms allowed",
  ),
  reason(
    23,
    "gateway_no_valid_beacons",
    "The witness has not sent a valid beacon of its own in the time allowed.",
    "s since the last, s allowed; -1 for never",
  ),
  reason(
    24,
    "gateway_no_valid_witnesses",
    "The beaconer has not witnessed others in the time allowed.",
    "s since the last, s allowed; -1 for never",
  ),
  reason(
    32,
    "late",
    "The report reached the oracle after the challenge's window had closed.",
    "ms after transmission, ms allowed",
  ),
  reason(
    33,
    "early",
    "The report reached the oracle before the beacon was on the air.",
    "ms after transmission, least ms allowed",
  ),
  reason(
    34,
    "bad_snr",
    "No receiver decodes this spreading factor at so low a signal-to-noise ratio.",
    "SNR, floor of the spreading factor, 0.1 dB",
  ),
  reason(
    35,
    "invalid_data_rate",
    "The data rate is not the one the challenge asks for.",
    "data rate byte, data rate byte required",
  ),
  reason(
    36,
    "invalid_power",
    "The beacon was sent with more power than its region allows.",
    "EIRP, greatest EIRP allowed, 0.1 dBm",
  ),
  reason(
    37,
    "bad_encoding",
    "A figure of the report is not a possible value of its kind.",
    "value, greatest value allowed",
  ),
] as const;

export type ReasonName = (typeof REASONS)[number]["name"];

/** Reason name → number, the value of the `reason` column. */
export const REASON = Object.fromEntries(REASONS.map(({ name, number }) => [name, number])) as Readonly<
  Record<ReasonName, number>
>;

const byNumber: (ReasonDefinition | undefined)[] = [];
for (const definition of REASONS) byNumber[definition.number] = definition;

/** The definition behind a `reason` column value, or undefined for a number that is not assigned. */
export function reasonByNumber(number: number): ReasonDefinition | undefined {
  return byNumber[number];
}

/** Whose fault it is: of the reporting hotspot, or of the beaconer of its challenge (whose failure fails all its witnesses). */
export const SIDE = { none: 0, beaconer: 2, witness: 3 } as const;
