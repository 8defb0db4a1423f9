/**
 * The two figures of a verdict with their units, for people.
 *
 * verdicts.arrow holds integers whose unit depends on the reason (poc/src/verify/reason.ts says which in words); here each reason
 * has the relation in which measured and limit had to stand and a way to write them.
 */
import type { ReasonName } from "@earshot/poc";
import { bandwidthHzOf, isCanonicalDataRate, spreadingFactorOf } from "@earshot/poc/protocol";
import { regionPlans } from "@earshot/poc/radio";

/** A verdict's figures in words; empty where a figure says no more than the reason. */
export interface FigureText {
  readonly measured: string;
  /** Begins with the relation: "at most 100,000 m". */
  readonly limit: string;
}

type Unit = (value: number) => string;

interface Form {
  readonly unit: Unit;
  /** What the limit is: the most or the least allowed, or the only value. */
  readonly relation: "at most" | "at least" | "exactly";
}

export const whole = (value: number): string => value.toLocaleString("en-US");
const tenths =
  (unit: string): Unit =>
  (value) =>
    `${(value / 10).toFixed(1)} ${unit}`;
const counted =
  (unit: string): Unit =>
  (value) =>
    `${whole(value)} ${unit}`;
const inSeconds =
  (unit: string): Unit =>
  (milliseconds) =>
    `${(milliseconds / 1000).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 3 })} s ${unit}`;
const ago: Unit = (seconds) => (seconds < 0 ? "never" : `${(seconds / 3600).toFixed(1)} h ago`);
const regionNames = new Map(regionPlans("corrected").map(({ number, name }) => [number, name]));

export const regionText: Unit = (number) => regionNames.get(number) ?? `region ${number}`;
export const dataRateText: Unit = (byte) =>
  isCanonicalDataRate(byte)
    ? `SF${spreadingFactorOf(byte)} at ${bandwidthHzOf(byte) / 1000} kHz`
    : `data rate byte ${byte}`;

const FORMS: Partial<Record<ReasonName, Form>> = {
  bad_rssi: { unit: tenths("dBm"), relation: "at most" },
  bad_snr: { unit: tenths("dB"), relation: "at least" },
  invalid_power: { unit: tenths("dBm EIRP"), relation: "at most" },
  max_distance_exceeded: { unit: counted("m"), relation: "at most" },
  invalid_frequency: { unit: counted("Hz apart"), relation: "at most" },
  late: { unit: inSeconds("after transmission"), relation: "at most" },
  early: { unit: inSeconds("after transmission"), relation: "at least" },
  too_late: { unit: inSeconds("behind the first"), relation: "at most" },
  entropy_expired: { unit: inSeconds("after the entropy"), relation: "at most" },
  duplicate: { unit: (place) => `report number ${place}`, relation: "exactly" },
  invalid_region: { unit: regionText, relation: "exactly" },
  invalid_data_rate: { unit: dataRateText, relation: "exactly" },
  gateway_no_valid_beacons: { unit: ago, relation: "at most" },
  gateway_no_valid_witnesses: { unit: ago, relation: "at most" },
};

/** The figures of a verdict. `minimumKind` says what `below_min_distance` counts in. */
export function figureText(
  reason: ReasonName,
  measured: number,
  limit: number,
  minimumKind: "metres" | "grid",
): FigureText {
  if (reason === "below_min_distance") {
    const unit = counted(minimumKind === "metres" ? "m" : "grid cells");
    return { measured: measured < 0 ? "no grid distance" : unit(measured), limit: `at least ${unit(limit)}` };
  }
  const form = FORMS[reason];
  if (form === undefined) return { measured: "", limit: "" };
  return { measured: form.unit(measured), limit: `${form.relation} ${form.unit(limit)}` };
}
