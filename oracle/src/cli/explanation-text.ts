/** An explanation as text for the hotspot's owner. */

import type { BeaconText, Explanation, ReceptionText, SharePay, VerdictText } from "../explain/explanation.ts";
import { appealText, type SuspicionText } from "../explain/suspicion.ts";
import { count, fixedPoint, percent, table, tokens } from "./format.ts";

const E4 = 4;
const E12 = 12;
/** Receptions listed one by one; the rest is summed up by reason. `--json` has them all. */
const LISTED_RECEPTIONS = 24;
const KEY_CHARACTERS = 10;
/** Why the figures of a private hotspot are not those of its place. */
const PRIVATE_PLACE =
  ", private: judged from it by what is worst for the hotspot anywhere inside, because its owner keeps the place private";
const FROM_CELL = " Judged from the resolution-8 cell, because a place is private.";
/** Verdicts that depend on where the two stand. */
const BY_PLACE: readonly string[] = ["below_min_distance", "max_distance_exceeded", "bad_rssi"];

export function explanationText(explanation: Explanation, listed = LISTED_RECEPTIONS): string {
  return [
    heading(explanation),
    earnings(explanation),
    beaconsText(explanation),
    receptionsText(explanation.receptions, listed),
    densityText(explanation),
    weightText(explanation),
    ...(explanation.suspicion === null ? [] : [suspicionText(explanation.suspicion, explanation.network)]),
    sumText(explanation),
  ].join("\n");
}

function heading({ hotspot, epoch, network, from, to }: Explanation): string {
  const place = hotspot.cellPublic === null ? "no location asserted" : `cell ${hotspot.cellPublic} (resolution 8)`;
  const role = hotspot.provesCoverage ? "proves coverage" : "carries data only";
  return [
    `Hotspot ${hotspot.key} (row ${hotspot.row})\n`,
    `  epoch ${epoch} of ${network}, ${from} to ${to}\n`,
    `  ${place}${hotspot.isPrivate ? PRIVATE_PLACE : ""}, ${hotspot.region}, antenna ${(hotspot.gainDdbi / 10).toFixed(1)} dBi, ${role}`,
    hotspot.suspended ? ", SUSPENDED\n" : "\n",
    hotspot.keyProblem === null ? "" : `  its key is unusable (${hotspot.keyProblem}): nothing it signs counts\n`,
  ].join("");
}

function earnings({ pay, hotspot }: Explanation): string {
  const amount = (atoms: bigint) => tokens(atoms, pay.atomsPerToken);
  return `Earned ${amount(pay.atoms)} tokens\n${table(
    [
      ["beacons", amount(pay.beacon.atoms)],
      ["receptions", amount(pay.witness.atoms)],
      ["data", amount(pay.dataAtoms), `${count(pay.dataCredits)} data credits carried`],
      ...hotspot.split.map(({ wallet, shareE4, atoms }) => [
        `of it to ${wallet.slice(0, 8)}…`,
        amount(atoms),
        `${fixedPoint(shareE4, 2)} % of each`,
      ]),
    ],
    [1],
  )}`;
}

function beaconsText({ beacons, challenges, unanswered, density, weight }: Explanation): string {
  const title = `Beacons: ${challenges} challenges, ${unanswered} unanswered, ${beacons.length} reports\n`;
  const scale = fixedPoint(density.scaleE4, E4);
  const lift = fixedPoint(weight?.weightE4 ?? 0, E4);
  const rows = beacons.map((beacon) => [
    clock(beacon.transmitted),
    beacon.verdict.reason,
    beacon.verdict.reason === "valid" ? heardText(beacon) : why(beacon.verdict),
    beacon.unitsE4 === 0
      ? ""
      : `${fixedPoint(beacon.unitsE4, E4)} units × ${scale} × ${lift} = ${fixedPoint(beacon.shareE12, E12)}`,
  ]);
  return title + table(rows);
}

function heardText({ witnesses }: BeaconText): string {
  if (witnesses.reports === 0) return "nobody heard it";
  return `heard by ${witnesses.reports}, ${witnesses.valid} valid, ${witnesses.paid} paid`;
}

function receptionsText(receptions: readonly ReceptionText[], listed: number): string {
  const valid = receptions.filter(({ verdict }) => verdict.reason === "valid");
  const paid = receptions.filter((reception) => reception.paid);
  const title = `Receptions: ${receptions.length} reports, ${valid.length} valid, ${paid.length} paid\n`;
  // Whoever asks wants to know first why something failed.
  const ordered = [...receptions.filter(({ verdict }) => verdict.reason !== "valid"), ...valid];
  const rows = ordered
    .slice(0, listed)
    .map((reception) => [
      clock(reception.received),
      reception.beaconer === null ? "unknown" : `${reception.beaconer.key.slice(0, KEY_CHARACTERS)}…`,
      `${(reception.rssiDdbm / 10).toFixed(1)} dBm`,
      `${(reception.snrDdb / 10).toFixed(1)} dB`,
      reception.verdict.reason,
      reception.verdict.reason === "valid" ? `${lossText(reception)}${paidText(reception)}` : whyNot(reception),
    ]);
  const left = ordered.length - rows.length;
  return title + table(rows, [2, 3]) + (left > 0 ? `  … and ${count(left)} more (--json lists all)\n` : "");
}

/** A reception's excess loss says how much stands in the way of the signal. */
function lossText({ freeSpace, verdict }: ReceptionText): string {
  if (freeSpace === null) return "";
  return `${(freeSpace.excessLossDdb / 10).toFixed(1)} dB below free space (${verdict.figures.limit} counts), `;
}

function paidText({ paid, unitsE4, scaleE4, weightE4, shareE12 }: ReceptionText): string {
  if (!paid) return "not sampled for pay";
  const factors = [unitsE4, scaleE4, weightE4].map((factor) => fixedPoint(factor, E4));
  return `${factors[0]} units × ${factors[1]} × ${factors[2]} = ${fixedPoint(shareE12, E12)}`;
}

function whyNot({ isFromCell, verdict }: ReceptionText): string {
  return `${why(verdict)}${isFromCell && BY_PLACE.includes(verdict.reason) ? FROM_CELL : ""}`;
}

function why({ meaning, figures, side }: VerdictText): string {
  const measured = figures.measured === "" ? "" : ` ${figures.measured}; ${figures.limit} counts.`;
  return `${meaning}${measured}${side === "beaconer" ? " (the beaconer's failure)" : ""}`;
}

function densityText({ density, hotspot }: Explanation): string {
  const title = "Density: how much of a beacon's worth is left where hotspots crowd\n";
  if (density.steps.length === 0) {
    const scale = fixedPoint(density.scaleE4, E4);
    return `${title}  no active hotspot stands in its resolution-10 hexagon: the scale is ${scale} by default\n`;
  }
  const rows = density.steps.map((step) => [
    String(step.resolution),
    count(step.active),
    count(step.unclipped),
    `${step.occupied} of 7`,
    `min(${count(step.maximum)}, ${count(step.target)} × max(${step.occupied} − ${step.neighbours} + 1, 1)) = ${count(step.limit)}`,
    count(step.clipped),
    `${count(step.clipped)}/${count(step.unclipped)}`,
  ]);
  const header = ["res", "hotspots", "from below", "occupied", "limit", "counts", "factor"];
  const factors = density.steps
    .filter(({ clipped, unclipped }) => clipped !== unclipped)
    .map(({ clipped, unclipped }) => `${count(clipped)}/${count(unclipped)}`);
  const product = factors.length === 0 ? "no limit binds" : factors.join(" × ");
  const place = hotspot.isPrivate ? "  resolutions 10 to 8 at the place in its cell that leaves it least\n" : "";
  return `${title}${place}${table([header, ...rows], [0, 1, 2, 5, 6])}  scale ${fixedPoint(density.scaleE4, E4)} = ${product}\n`;
}

function weightText({ weight }: Explanation): string {
  const title = "Cell weight: how far the use of a place lifts its pay\n";
  if (weight === null) return `${title}  no location asserted, no cell\n`;
  if (weight.curveE4 === null) return `${title}  these rules have no cell weights: 1\n`;
  const served = fixedPoint(weight.servedE4, E4);
  const floor = fixedPoint(weight.floorE4, E4);
  const above = fixedPoint(10_000 - weight.floorE4, E4);
  const curve = `${floor} + ${above} × ${served} / (${served} + ${count(weight.halfDataCredits)}) = ${fixedPoint(weight.curveE4, E4)}`;
  const note = weight.note === null ? "" : `  ${weight.note}: ${fixedPoint(weight.weightE4, E4)}\n`;
  return `${title}  ${curve}  (data credits served here)\n${note}`;
}

function suspicionText(
  { detectors, weightE4, cleanEpochs, voterFrom, ruleVersion }: SuspicionText,
  network: string,
): string {
  const clean = `${count(cleanEpochs)} clean epochs; from ${count(voterFrom)} on it speaks for and against others`;
  if (detectors.length === 0) return `Detectors (rules ${ruleVersion}): nothing against it; ${clean}\n`;
  const lines = detectors.flatMap(({ detector, levelE4, meaning, figures, remedy, isLifted, evidence }) => [
    `  ${detector} ${fixedPoint(levelE4, E4)}${isLifted ? " (lifted by an appeal)" : ""}: ${meaning}\n`,
    `    ${remedy}\n`,
    evidence.length === 0
      ? "    left over from earlier epochs; it fades\n"
      : `    ${evidence.length} links; ${figures}:\n`,
    table(
      evidence.map((link) => [
        `  ${link.counterpart.slice(0, KEY_CHARACTERS)}…`,
        link.accuses ? "against" : "for",
        `${count(link.receptions)} receptions`,
        String(link.measured),
        String(link.limit),
        link.challenge === null ? "" : `challenge ${link.challenge.id.slice(0, KEY_CHARACTERS)}…`,
      ]),
      [2, 3, 4],
    ),
  ]);
  const title = `Detectors (rules ${ruleVersion}): its shares count ${fixedPoint(weightE4, E4)}; ${clean}\n`;
  return `${title}${lines.join("")}  ${appealText({ name: network })}\n`;
}

function sumText({ pay }: Explanation): string {
  const line = (name: string, { sharesE12, atoms }: SharePay) => [
    name,
    fixedPoint(sharesE12, E12),
    `${percent(sharesE12, pay.totalSharesE12)} of all`,
    `${count(atoms)} base units`,
  ];
  const pool = `${tokens(pay.coveragePoolAtoms, pay.atomsPerToken)} tokens for ${fixedPoint(pay.totalSharesE12, E12)} shares`;
  return `Sum: coverage pays ${pool}, by largest remainder\n${table(
    [
      line("beacon shares", pay.beacon),
      line("witness shares", pay.witness),
      ["data", `${count(pay.dataCredits)} data credits`, "", `${count(pay.dataAtoms)} base units`],
      ["together", "", "", `${count(pay.atoms)} base units`],
    ],
    [1, 2, 3],
  )}`;
}

/** The time of day of an ISO time. */
function clock(iso: string | null): string {
  return iso === null ? "no time" : iso.slice(11, 19);
}
