/**
 * All cells of an epoch in one answer, as columns: what a map draws. The paged routes of cell-routes.ts say the same, cell by cell.
 *
 * Made once per epoch and kept as the bytes that are sent, so that an answer costs nothing however many cells there are.
 */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { PUBLIC_RESOLUTION } from "@earshot/geo";
import Type, { type Static } from "typebox";
import { preferredCoding } from "../service/content-coding.ts";
import type { HttpApp } from "../service/http.ts";
import { answerFrom, cellOrNull, epochAnswers, epochQuery } from "./answers.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { perView } from "./per-view.ts";

const compress = promisify(gzip);
/** `median_excess_loss_ddb` of a cell without valid witnesses (poc/epoch/tables.ts). */
const NO_MEDIAN = -(2 ** 31);
const ONE_E12 = 1e12;

const numbers = (description: string) => Type.Array(Type.Number(), { description });
const mapSchema = Type.Object(
  {
    epoch: Type.Integer(),
    endMs: Type.Integer({ description: "End of the epoch, Unix ms: ages count from here" }),
    resolution: Type.Integer(),
    cell: Type.Array(Type.String(), {
      description: "H3 cells of resolution 8, hexadecimal; the other columns go with them",
    }),
    hotspots: numbers("Hotspots asserted there"),
    activeHotspots: numbers("Those with a paid proof"),
    beaconsValid: numbers("Valid beacons sent from the cell"),
    witnessReports: numbers("Reports of beacons sent from the cell"),
    witnessesValid: numbers("Valid ones"),
    medianExcessLossDdb: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
      description: "What valid witnesses lost beyond free space, 0.1 dB",
    }),
    servedCredits: numbers("Data credits that count for the weight"),
    weightE4: numbers("Cell weight, 1e-4"),
    scaleE4: numbers("Density scale of resolution 8, 1e-4"),
    shares: numbers("Shares earned by proofs sent from the cell"),
    lastBeaconMs: numbers("The latest of its hotspots' beacons that passed, Unix ms; 0 for never"),
  },
  { description: "Columns of equal length, cells ascending" },
);

interface MapBytes {
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

export function mapRoutes(app: HttpApp, views: EpochViews): void {
  const bytesOf = perView((view) => toBytes(mapOf(view)));
  app.get(
    "/v1/map",
    {
      schema: {
        tags: ["cells"],
        summary: "Every cell of an epoch as columns, for a map.",
        querystring: epochQuery,
        response: epochAnswers(mapSchema),
      },
    },
    async (request, reply) => {
      reply.header("vary", "accept-encoding");
      const coding = preferredCoding(request.headers["accept-encoding"], ["gzip"]);
      // Two bodies under one address have two tags.
      const basisOf = async () => ({ until: coding ?? "plain", isLasting: true });
      const view = await answerFrom(views, request.query.epoch, request, reply, "cells", (found) => found, basisOf);
      // The epoch is not closed, or the client has the answer.
      if (!("epoch" in view)) return view;
      const { plain, zipped } = await bytesOf(view);
      reply.type("application/json; charset=utf-8");
      if (coding !== undefined) reply.header("content-encoding", coding);
      // Fastify sends bytes as they are; the columns are not written anew for every client.
      return reply.send((coding === undefined ? plain : zipped) as never);
    },
  );
}

async function toBytes(map: Static<typeof mapSchema>): Promise<MapBytes> {
  const plain = Buffer.from(JSON.stringify(map));
  return { plain, zipped: await compress(plain) };
}

function mapOf(view: EpochView): Static<typeof mapSchema> {
  const { input, output } = view.epoch;
  const { cells, stateOut } = output;
  const places = [...placesOf(view)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = places.map(([cell]) => view.cellRow(cell));
  const column = (values: Uint16Array | Uint32Array) => rows.map((row) => (row === undefined ? 0 : values[row]!));
  return {
    epoch: view.number,
    endMs: view.startMs + input.parameters.time.epochMs,
    resolution: PUBLIC_RESOLUTION,
    cell: places.map(([cell]) => cellOrNull(cell) ?? ""),
    hotspots: places.map(([, hotspots]) => hotspots.length),
    activeHotspots: column(cells.active_hotspots),
    beaconsValid: column(cells.beacons_valid),
    witnessReports: column(cells.witness_reports),
    witnessesValid: column(cells.witnesses_valid),
    medianExcessLossDdb: rows.map((row) => {
      const median = row === undefined ? NO_MEDIAN : cells.median_excess_loss_ddb[row]!;
      return median === NO_MEDIAN ? null : median;
    }),
    servedCredits: rows.map((row) => (row === undefined ? 0 : Number(cells.served_credits_e4[row]! / 10_000n))),
    weightE4: column(cells.weight_e4),
    scaleE4: column(cells.scale_e4),
    shares: rows.map((row) => (row === undefined ? 0 : Number(cells.shares[row]!) / ONE_E12)),
    lastBeaconMs: places.map(([, hotspots]) =>
      hotspots.reduce((latest, hotspot) => {
        const state = view.stateRow(hotspot);
        return state === undefined ? latest : Math.max(latest, Number(stateOut.last_beacon_ms[state]!));
      }, 0),
    ),
  };
}

/** Cells with hotspots or with rows of resolution 8, and the hotspots of each. */
function placesOf(view: EpochView): ReadonlyMap<bigint, readonly number[]> {
  const { input, output } = view.epoch;
  const places = new Map<bigint, readonly number[]>();
  for (const cell of input.hotspots.cell_public) {
    if (cell !== 0n && !places.has(cell)) places.set(cell, view.hotspotsOfCell(cell));
  }
  const [first, end] = view.cellRows(PUBLIC_RESOLUTION);
  for (let row = first; row < end; row++) {
    const cell = output.cells.cell[row]!;
    if (!places.has(cell)) places.set(cell, []);
  }
  return places;
}
