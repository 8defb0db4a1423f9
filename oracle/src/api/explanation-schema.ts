/** What `oracle explain` says (explain/explanation.ts) as an answer: amounts as decimal strings, everything else as it is. */
import Type, { type Static, type TProperties } from "typebox";
import type { Explanation } from "../explain/explanation.ts";
import { atoms } from "./answers.ts";

const amount = (description: string) => Type.String({ pattern: "^[0-9]+$", description });
/** Members that are not told here are sent as well. */
const open = <T extends TProperties>(properties: T) => Type.Object(properties, { additionalProperties: true });
const text = (description: string) => Type.String({ description });
const cell = text("Resolution-8 cell, hexadecimal");
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const verdictSchema = open({
  reason: Type.String(),
  meaning: Type.String(),
  measured: Type.Integer(),
  limit: Type.Integer(),
  figures: open({ measured: text("`measured` in words"), limit: text("`limit` in words") }),
  side: Type.Unsafe<"none" | "own" | "beaconer">({
    type: "string",
    enum: ["none", "own", "beaconer"],
    description: "Whose failure it is: the reporter's own, the beaconer's, or nobody's",
  }),
});
const beaconSchema = open({
  logIndex: Type.Integer(),
  transmitted: nullable(text("ISO 8601; null when it answers no challenge")),
  verdict: verdictSchema,
  witnesses: open({ reports: Type.Integer(), valid: Type.Integer(), paid: Type.Integer() }),
  unitsE4: Type.Integer(),
  shareE12: amount("Units × scale × weight, 1e-12"),
});
const receptionSchema = open({
  logIndex: Type.Integer(),
  received: text("ISO 8601"),
  beaconer: nullable(open({ row: Type.Integer(), key: Type.String() })),
  rssiDdbm: Type.Integer({ description: "0.1 dBm" }),
  snrDdb: Type.Integer({ description: "0.1 dB" }),
  freeSpace: nullable(
    open({
      freeSpaceDdbm: Type.Integer({ description: "RSSI in free space, 0.1 dBm" }),
      excessLossDdb: Type.Integer({ description: "How much weaker it was, 0.1 dB" }),
    }),
  ),
  verdict: verdictSchema,
  paid: Type.Boolean(),
  unitsE4: Type.Integer(),
  scaleE4: Type.Integer({ description: "Density scale of where the beacon was sent from, 1e-4" }),
  weightE4: Type.Integer({ description: "Weight of where the beacon was sent from, 1e-4" }),
  shareE12: amount("Units × scale × weight, 1e-12"),
});
const stepSchema = open({
  resolution: Type.Integer(),
  active: Type.Integer({ description: "Hotspots with a paid proof" }),
  unclipped: Type.Integer({ description: "Their count after the finer resolutions' limits" }),
  occupied: Type.Integer({ description: "Cells around that are full" }),
  target: Type.Integer(),
  maximum: Type.Integer(),
  neighbours: Type.Integer({ description: "Full cells that raise the limit by one" }),
  limit: Type.Integer(),
  clipped: Type.Integer({ description: "Count after the limit" }),
});
const weightSchema = open({
  cell,
  servedE4: amount("Data credits that count, 1e-4"),
  curveE4: nullable(Type.Integer({ description: "What the curve alone gives, 1e-4" })),
  floorE4: Type.Integer(),
  halfDataCredits: Type.Integer(),
  weightE4: Type.Integer(),
  note: nullable(text("Why the weight is not what the curve gives")),
});
const detectorSchema = open({
  detector: Type.String(),
  levelE4: Type.Integer({ description: "0 to 1, in 1e-4: what stands after the epoch" }),
  meaning: Type.String(),
  figures: Type.String(),
  remedy: Type.String(),
  isLifted: Type.Boolean({ description: "An upheld appeal lifts it this epoch" }),
  evidence: Type.Array(
    open({
      counterpart: Type.String(),
      accuses: Type.Boolean({ description: "False where the link speaks for the hotspot" }),
      receptions: Type.Integer(),
      measured: Type.Integer(),
      limit: Type.Integer(),
      challenge: nullable(open({ row: Type.Integer(), id: Type.String() })),
    }),
  ),
});
const shareSchema = open({ sharesE12: amount("Shares, 1e-12"), atoms });

export const explanationSchema = open({
  epoch: Type.Integer(),
  network: Type.String(),
  from: text("ISO 8601"),
  to: text("ISO 8601"),
  hotspot: open({
    row: Type.Integer(),
    key: Type.String(),
    keyProblem: nullable(text("Why no signature can be checked with the key, so that nothing it signs counts")),
    owner: text("Wallet, hexadecimal"),
    beneficiary: nullable(text("The wallet that is paid, hexadecimal; null when several share")),
    split: Type.Array(open({ wallet: Type.String(), shareE4: Type.Integer(), atoms })),
    cellPublic: nullable(cell),
    region: Type.String(),
    gainDdbi: Type.Integer(),
    provesCoverage: Type.Boolean(),
    suspended: Type.Boolean(),
  }),
  challenges: Type.Integer({ description: "Challenges it had" }),
  unanswered: Type.Integer({ description: "Those it did not answer with any report" }),
  beacons: Type.Array(beaconSchema),
  receptions: Type.Array(receptionSchema, { description: "Beacons of others it reported to have heard" }),
  density: open({ active: Type.Boolean(), steps: Type.Array(stepSchema), scaleE4: Type.Integer() }),
  weight: nullable(weightSchema),
  suspicion: nullable(
    open({
      ruleVersion: Type.Integer(),
      weightE4: Type.Integer({ description: "Weight of the hotspot's shares, 1e-4" }),
      cleanEpochs: Type.Integer(),
      voterFrom: Type.Integer(),
      detectors: Type.Array(detectorSchema),
    }),
  ),
  pay: open({
    coveragePoolAtoms: atoms,
    totalSharesE12: amount("Shares of everybody, 1e-12"),
    beacon: shareSchema,
    witness: shareSchema,
    dataCredits: amount("Billed data credits it carried"),
    dataAtoms: atoms,
    atoms,
    atomsPerToken: amount("Base units of a token"),
  }),
});

/** A value as JSON.stringify leaves it when amounts are written as decimal strings. */
type Sent<T> = T extends bigint ? string : T extends object ? { [K in keyof T]: Sent<T[K]> } : T;
/** Compiles only while every explanation has the members of the schema. */
export type ExplanationIsAnswer = Sent<Explanation> extends Readonly<Static<typeof explanationSchema>> ? true : never;
