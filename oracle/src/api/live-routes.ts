/**
 * The epochs that are not closed yet, as far as anybody may know them: verdicts as they are told, and running counts.
 *
 * Nothing is written there before the window of its challenge has closed (pipeline/live-partition.ts), and nothing is answered here
 * before that either, by the ingest's clock. What is told is provisional; the closed epoch has the last word and takes its place.
 */
import { cellFromString, cellResolution, cellToBigInt, PUBLIC_RESOLUTION } from "@earshot/geo";
import { reasonByNumber } from "@earshot/poc";
import { keyFromText, keyToText } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import {
  cellCounts,
  hotspotCounts,
  type ToldVerdict,
  verdictsOfChallenge,
  verdictsOfHotspot,
} from "../pipeline/live-table.ts";
import type { Db } from "../ports/store.ts";
import { errorAnswers, keyParams } from "../service/api-schemas.ts";
import { type HttpApp, sendError } from "../service/http.ts";
import { cellText, timeOrNull } from "./answers.ts";

export interface LiveRoutesOptions {
  readonly store: Db;
  /** The first epoch that is not closed. */
  readonly nextEpoch: () => number;
  /** The ingest's time, Unix ms. */
  readonly nowMs: () => number;
}

const tags = ["running epoch"];
const MAX_VERDICTS = 200;
const KINDS: Readonly<Record<number, "beacon" | "witness">> = { 1: "beacon", 2: "witness" };

const time = Type.Union([Type.String(), Type.Null()], { description: "ISO 8601; null for never" });
const toldSchema = Type.Object({
  epoch: Type.Integer(),
  upload: Type.String({ description: "Upload id, hexadecimal" }),
  indexInUpload: Type.Integer(),
  kind: Type.Unsafe<"beacon" | "witness">({ type: "string", enum: Object.values(KINDS) }),
  reporter: Type.String({ description: "Text form of its key" }),
  challenge: Type.Union([Type.String(), Type.Null()], { description: "Challenge id; null where none was found" }),
  told: Type.String({ description: "ISO 8601" }),
  reason: Type.String({ description: "Stable name; docs/reference/verdicts.md says what it means" }),
  measured: Type.Integer(),
  limit: Type.Integer(),
  isSelected: Type.Union([Type.Boolean(), Type.Null()], {
    description: "Null while the entropy of its sampling is not known",
  }),
});
const verdictsSchema = Type.Object({ verdicts: Type.Array(toldSchema) });
const hotspotSchema = Type.Object({
  epoch: Type.Integer(),
  beacons: Type.Integer(),
  beaconsValid: Type.Integer(),
  receptions: Type.Integer({ description: "Its own reports of others' beacons" }),
  receptionsValid: Type.Integer(),
  receptionsSelected: Type.Integer(),
  lastBeacon: time,
  lastReception: time,
});
const cellSchema = Type.Object({
  epoch: Type.Integer(),
  cell: cellText,
  beacons: Type.Integer(),
  beaconsValid: Type.Integer(),
  witnessReports: Type.Integer({ description: "Of beacons sent from the cell" }),
  witnessesValid: Type.Integer(),
  witnessesSelected: Type.Integer(),
});
const limitQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_VERDICTS, default: 50 })),
});

export function liveRoutes(app: HttpApp, { store, nextEpoch, nowMs }: LiveRoutesOptions): void {
  // The epoch whose grace time runs, and the one after it.
  const open = () => [nextEpoch(), nextEpoch() + 1];
  const isOver = ({ closesMs, toldMs }: ToldVerdict) => Math.max(closesMs ?? 0, toldMs) <= nowMs();
  app.get(
    "/v1/live/hotspots/:key",
    {
      schema: {
        tags,
        summary: "What a hotspot has sent and heard in the running epoch, as far as windows have closed.",
        params: keyParams,
        response: { 200: Type.Object({ epochs: Type.Array(hotspotSchema) }), ...errorAnswers("bad_request") },
      },
    },
    async (request, reply) => {
      const key = keyOf(request.params.key);
      if (key === undefined) return sendError(reply, "bad_request", "the text form of a key", request.params.key);
      const epochs: Static<typeof hotspotSchema>[] = [];
      for (const epoch of open()) {
        const counts = await hotspotCounts(store, epoch, key);
        if (counts === undefined) continue;
        epochs.push({
          epoch,
          beacons: counts.beacons,
          beaconsValid: counts.beaconsValid,
          receptions: counts.witnesses,
          receptionsValid: counts.witnessesValid,
          receptionsSelected: counts.witnessesSelected,
          lastBeacon: timeOrNull(counts.lastBeaconMs),
          lastReception: timeOrNull(counts.lastWitnessMs),
        });
      }
      return { epochs };
    },
  );
  app.get(
    "/v1/live/hotspots/:key/verdicts",
    {
      schema: {
        tags,
        summary: "Verdicts of a hotspot's own reports in the running epoch, the latest first.",
        params: keyParams,
        querystring: limitQuery,
        response: { 200: verdictsSchema, ...errorAnswers("bad_request") },
      },
    },
    async (request, reply) => {
      const key = keyOf(request.params.key);
      if (key === undefined) return sendError(reply, "bad_request", "the text form of a key", request.params.key);
      const limit = request.query.limit ?? 50;
      const told = await inOpen(open(), (epoch) => verdictsOfHotspot(store, epoch, key, limit));
      const latest = told.filter(({ verdict }) => isOver(verdict)).sort((a, b) => b.verdict.toldMs - a.verdict.toldMs);
      return { verdicts: latest.slice(0, limit).map(toldOf) };
    },
  );
  app.get(
    "/v1/live/challenges/:challenge",
    {
      schema: {
        tags,
        summary: "Verdicts of a challenge's beacon and of those who heard it, once its window has closed.",
        params: Type.Object({ challenge: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Challenge id" }) }),
        response: { 200: verdictsSchema, ...errorAnswers("bad_request") },
      },
    },
    async (request) => {
      const id = Uint8Array.fromHex(request.params.challenge);
      const told = await inOpen(open(), (epoch) => verdictsOfChallenge(store, epoch, id));
      return { verdicts: told.filter(({ verdict }) => isOver(verdict)).map(toldOf) };
    },
  );
  app.get(
    "/v1/live/cells/:cell",
    {
      schema: {
        tags,
        summary: "Running counts of a public cell.",
        params: Type.Object({ cell: cellText }),
        response: { 200: Type.Object({ epochs: Type.Array(cellSchema) }), ...errorAnswers("bad_request") },
      },
    },
    async (request, reply) => {
      const cell = publicCellText(request.params.cell);
      if (cell === undefined) return sendError(reply, "bad_request", "a cell of resolution 8", request.params.cell);
      const epochs: Static<typeof cellSchema>[] = [];
      for (const epoch of open()) {
        const counts = await cellCounts(store, epoch, cell);
        if (counts !== undefined) epochs.push({ epoch, cell, ...counts });
      }
      return { epochs };
    },
  );
}

interface Told {
  readonly epoch: number;
  readonly verdict: ToldVerdict;
}

async function inOpen(
  epochs: readonly number[],
  ask: (epoch: number) => Promise<readonly ToldVerdict[]>,
): Promise<Told[]> {
  const told: Told[] = [];
  for (const epoch of epochs) for (const verdict of await ask(epoch)) told.push({ epoch, verdict });
  return told;
}

function toldOf({ epoch, verdict }: Told): Static<typeof toldSchema> {
  const { uploadId, indexInUpload, kind, hotspotKey, challengeId, toldMs, reason, measured, limit, selected } = verdict;
  return {
    epoch,
    upload: uploadId.toHex(),
    indexInUpload,
    kind: KINDS[kind] ?? "witness",
    reporter: keyToText(hotspotKey),
    challenge: challengeId?.toHex() ?? null,
    told: new Date(toldMs).toISOString(),
    reason: reasonByNumber(reason)?.name ?? String(reason),
    measured,
    limit,
    isSelected: selected === null ? null : selected === 1,
  };
}

function keyOf(text: string): Uint8Array | undefined {
  try {
    return keyFromText(text);
  } catch {
    return undefined;
  }
}

/** The cell as live_cell has it: 15 hex digits. */
function publicCellText(text: string): string | undefined {
  try {
    const { hi, lo } = cellFromString(text);
    const isPublic = cellResolution(hi) === PUBLIC_RESOLUTION;
    return isPublic ? cellToBigInt(hi, lo).toString(16).padStart(15, "0") : undefined;
  } catch {
    return undefined;
  }
}
