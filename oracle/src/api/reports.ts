/** Reports and their verdicts as the API tells them: both ways of a link, selected or not. */
import { NO_ROW, reasonByNumber } from "@earshot/poc";
import Type, { type Static } from "typebox";
import { hotspotText } from "../explain/find-hotspot.ts";
import { atoms, cellOrNull, cellText } from "./answers.ts";
import type { EpochView } from "./epoch-view.ts";

const SIDES: Readonly<Record<number, "none" | "beaconer" | "reporter">> = { 0: "none", 2: "beaconer", 3: "reporter" };

export const verdictSchema = Type.Object({
  reason: Type.String({ description: "Stable name; docs/reference/verdicts.md says what it means" }),
  measured: Type.Integer({ description: "What was measured; its unit goes with the reason" }),
  limit: Type.Integer({ description: "What it was held against" }),
  side: Type.Unsafe<"none" | "beaconer" | "reporter">({ type: "string", enum: Object.values(SIDES) }),
  isSelected: Type.Boolean({ description: "Paid: a beacon with units, or a sampled witness" }),
  unitsE4: Type.Integer({ description: "Reward units, 1e-4" }),
});

const partySchema = Type.Union([
  Type.Null(),
  Type.Object({
    key: Type.String({ description: "Text form of its key" }),
    cell: Type.Union([cellText, Type.Null()], { description: "Public cell, resolution 8" }),
  }),
]);

export const receptionSchema = Type.Object({
  logIndex: Type.Integer(),
  received: Type.String({ description: "When the report came in, ISO 8601" }),
  beaconer: partySchema,
  witness: partySchema,
  challenge: Type.Union([Type.String(), Type.Null()], { description: "Challenge id, hexadecimal" }),
  rssiDdbm: Type.Integer({ description: "0.1 dBm" }),
  snrDdb: Type.Integer({ description: "0.1 dB" }),
  frequencyHz: Type.Integer(),
  verdict: verdictSchema,
});

export const beaconSchema = Type.Object({
  logIndex: Type.Integer(),
  beaconer: partySchema,
  challenge: Type.Union([Type.String(), Type.Null()], { description: "Challenge id, hexadecimal" }),
  transmitted: Type.Union([Type.String(), Type.Null()], { description: "ISO 8601; null when it answers no challenge" }),
  frequencyHz: Type.Integer(),
  txPowerDdbm: Type.Integer({ description: "Conducted, 0.1 dBm" }),
  witnesses: Type.Object({ reports: Type.Integer(), valid: Type.Integer(), selected: Type.Integer() }),
  shareE12: Type.String({ description: "Units × scale × weight, 1e-12" }),
  verdict: verdictSchema,
});

/** A row of witnesses.arrow. */
export function receptionOf(view: EpochView, row: number): Static<typeof receptionSchema> {
  const { input, output } = view.epoch;
  const { witnesses, challenges } = input;
  const verdict = view.witnessVerdict(row);
  const challenge = output.verdicts.challenge[verdict];
  return {
    logIndex: witnesses.log_index[row],
    received: new Date(view.startMs + witnesses.receive_offset_ms[row]).toISOString(),
    beaconer: challenge === NO_ROW ? null : partyOf(view, challenges.hotspot[challenge]),
    witness: partyOf(view, witnesses.hotspot[row]),
    challenge: challengeText(view, challenge),
    rssiDdbm: witnesses.rssi_ddbm[row],
    snrDdb: witnesses.snr_ddb[row],
    frequencyHz: witnesses.frequency_hz[row],
    verdict: verdictOf(view, verdict),
  };
}

/** A row of beacons.arrow. */
export function beaconOf(view: EpochView, row: number): Static<typeof beaconSchema> {
  const { input, output } = view.epoch;
  const { beacons, challenges } = input;
  const { verdicts, shares } = output;
  const verdict = view.beaconVerdict(row);
  const challenge = beacons.challenge[row];
  const hotspot = beacons.hotspot[row];
  const heard = [...view.receptionsOfChallenge(challenge)].map((witness) => view.witnessVerdict(witness));
  const units = BigInt(verdicts.units_e4[verdict]);
  return {
    logIndex: beacons.log_index[row],
    beaconer: partyOf(view, hotspot),
    challenge: challengeText(view, challenge),
    transmitted:
      challenge === NO_ROW ? null : new Date(view.startMs + challenges.transmit_offset_ms[challenge]).toISOString(),
    frequencyHz: beacons.frequency_hz[row],
    txPowerDdbm: beacons.tx_power_ddbm[row],
    witnesses: {
      reports: heard.length,
      valid: heard.filter((at) => verdicts.reason[at] === 0).length,
      selected: heard.filter((at) => verdicts.selected[at] === 1).length,
    },
    shareE12: (units * BigInt(shares.scale_e4[hotspot]) * BigInt(shares.weight_e4[hotspot])).toString(),
    verdict: verdictOf(view, verdict),
  };
}

function verdictOf(view: EpochView, row: number): Static<typeof verdictSchema> {
  const { verdicts } = view.epoch.output;
  return {
    reason: reasonByNumber(verdicts.reason[row])?.name ?? String(verdicts.reason[row]),
    measured: verdicts.measured[row],
    limit: verdicts.limit[row],
    side: SIDES[verdicts.side[row]] ?? "none",
    isSelected: verdicts.selected[row] === 1,
    unitsE4: verdicts.units_e4[row],
  };
}

function partyOf(view: EpochView, hotspot: number): Static<typeof partySchema> {
  // A sender that is not registered.
  if (hotspot === NO_ROW) return null;
  const { hotspots } = view.epoch.input;
  return { key: hotspotText(hotspots, hotspot), cell: cellOrNull(hotspots.cell_public[hotspot]) };
}

function challengeText(view: EpochView, challenge: number): string | null {
  if (challenge === NO_ROW) return null;
  return view.epoch.input.challenges.challenge_id.subarray(challenge * 32, (challenge + 1) * 32).toHex();
}

export const paySchema = Type.Object({
  beaconAtoms: atoms,
  witnessAtoms: atoms,
  dataAtoms: atoms,
  atoms,
});

/** What a hotspot earned; the row of rewards.arrow is its row in the registry. */
export function payOf(view: EpochView, hotspot: number): Static<typeof paySchema> {
  const { beacon_atoms, witness_atoms, data_atoms } = view.epoch.output.rewards;
  const parts = [beacon_atoms[hotspot], witness_atoms[hotspot], data_atoms[hotspot]] as const;
  return {
    beaconAtoms: parts[0].toString(),
    witnessAtoms: parts[1].toString(),
    dataAtoms: parts[2].toString(),
    atoms: (parts[0] + parts[1] + parts[2]).toString(),
  };
}
