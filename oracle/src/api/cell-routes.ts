/** Cells of a closed epoch and coverage at a point: what cells.arrow holds, and the evidence behind it. */
import {
  cellFromString,
  cellResolution,
  cellToBigInt,
  latLngToCell,
  neighbours,
  PUBLIC_RESOLUTION,
  parentCell,
} from "@earshot/geo";
import { reasonByNumber } from "@earshot/poc";
import Type, { type Static } from "typebox";
import { lowerBound } from "../epoch-folder/lower-bound.ts";
import type { HttpApp } from "../service/http.ts";
import {
  answerFrom,
  cellOrNull,
  cellText,
  epochAnswers,
  epochQuery,
  nextPage,
  pageOf,
  pageQuery,
  timeOrNull,
} from "./answers.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";

const tags = ["cells"];
/** `median_excess_loss_ddb` of a cell without valid witnesses (poc/epoch/tables.ts). */
const NO_MEDIAN = -(2 ** 31);
/** Answers go from here to the public resolution: a finer cell with one hotspot would tell where it stands. */
const MIN_RESOLUTION = 4;

const cellSchema = Type.Object({
  cell: Type.Union([cellText, Type.Null()]),
  resolution: Type.Integer(),
  activeHotspots: Type.Integer({ description: "Hotspots with a paid proof, before any limit" }),
  clipped: Type.Integer({ description: "Count after the density limit" }),
  limit: Type.Integer({ description: "Density limit" }),
  scaleE4: Type.Integer({ description: "This resolution's part of the density scale, 1e-4" }),
  beacons: Type.Integer(),
  beaconsValid: Type.Integer(),
  witnessReports: Type.Integer({ description: "Reports of beacons sent from the cell" }),
  witnessesValid: Type.Integer(),
  witnessesSelected: Type.Integer(),
  medianExcessLossDdb: Type.Union([Type.Integer(), Type.Null()], {
    description: "What valid witnesses lost beyond free space, 0.1 dB",
  }),
  servedCreditsE4: Type.String({ description: "Data credits that count for the weight, 1e-4" }),
  weightE4: Type.Integer({ description: "Cell weight, 1e-4" }),
  sharesE12: Type.String({ description: "Shares earned by proofs sent from the cell, 1e-12" }),
});

const wholeCellSchema = Type.Object({
  epoch: Type.Integer(),
  cell: Type.Union([cellSchema, Type.Null()], { description: "Null where nothing stands and nothing was carried" }),
  verdicts: Type.Array(Type.Object({ reason: Type.String(), witnessReports: Type.Integer() }), {
    description: "Verdicts of reports of beacons sent from the cell; at resolution 8",
  }),
  parents: Type.Array(cellSchema, { description: "The same at coarser resolutions, which the scale multiplies" }),
});

const coverageSchema = Type.Object({
  epoch: Type.Integer(),
  cell: Type.Union([cellText, Type.Null()]),
  isCovered: Type.Boolean({ description: "A beacon was heard from or near this cell by somebody else" }),
  evidence: Type.Array(
    Type.Object({
      cell: Type.Union([cellText, Type.Null()]),
      distanceCells: Type.Integer({ description: "0 the cell itself, 1 a neighbour" }),
      hotspots: Type.Integer(),
      activeHotspots: Type.Integer(),
      beaconsValid: Type.Integer(),
      witnessesValid: Type.Integer(),
      medianExcessLossDdb: Type.Union([Type.Integer(), Type.Null()]),
      lastBeacon: Type.Union([Type.String(), Type.Null()], { description: "The latest of its hotspots, ISO 8601" }),
    }),
  ),
});

const cellQuery = Type.Object({
  ...pageQuery.properties,
  resolution: Type.Optional(
    Type.Integer({ minimum: MIN_RESOLUTION, maximum: PUBLIC_RESOLUTION, default: PUBLIC_RESOLUTION }),
  ),
});
const pointQuery = Type.Object({
  ...epochQuery.properties,
  lat: Type.Number({ minimum: -90, maximum: 90, description: "Degrees, WGS 84" }),
  lng: Type.Number({ minimum: -180, maximum: 180, description: "Degrees, WGS 84" }),
});

export function cellRoutes(app: HttpApp, views: EpochViews): void {
  app.get(
    "/v1/cells",
    {
      schema: {
        tags,
        summary: "Cells of a resolution in ascending order.",
        querystring: cellQuery,
        response: epochAnswers(Type.Object({ epoch: Type.Integer(), cells: Type.Array(cellSchema), next: nextPage })),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "cells", (view) => {
        const [first, end] = view.cellRows(request.query.resolution ?? PUBLIC_RESOLUTION);
        const page = pageOf(end - first, request.query, (index) => cellOf(view, first + index));
        return { epoch: view.number, cells: page.entries, next: page.next };
      }),
  );
  app.get(
    "/v1/cells/:cell",
    {
      schema: {
        tags,
        summary: "One cell, resolution 8 or coarser, with its verdicts and the density arithmetic above it.",
        params: Type.Object({ cell: cellText }),
        querystring: epochQuery,
        response: epochAnswers(wholeCellSchema),
      },
    },
    async (request, reply) =>
      answerFrom(
        views,
        request.query.epoch,
        request,
        reply,
        `a cell of resolution ${MIN_RESOLUTION} to ${PUBLIC_RESOLUTION}`,
        (view) => {
          const cell = cellNamed(request.params.cell);
          return cell === undefined ? undefined : wholeCell(view, cell);
        },
      ),
  );
  app.get(
    "/v1/coverage",
    {
      schema: {
        tags,
        summary: "Is there coverage at a point: the evidence of its cell and the six around it.",
        querystring: pointQuery,
        response: epochAnswers(coverageSchema),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a point", (view) =>
        coverageAt(view, request.query.lat, request.query.lng),
      ),
  );
}

function cellOf(view: EpochView, row: number): Static<typeof cellSchema> {
  const { cells } = view.epoch.output;
  return {
    cell: cellOrNull(cells.cell[row]!),
    resolution: cells.resolution[row]!,
    activeHotspots: cells.active_hotspots[row]!,
    clipped: cells.clipped[row]!,
    limit: cells.limit[row]!,
    scaleE4: cells.scale_e4[row]!,
    beacons: cells.beacons[row]!,
    beaconsValid: cells.beacons_valid[row]!,
    witnessReports: cells.witness_reports[row]!,
    witnessesValid: cells.witnesses_valid[row]!,
    witnessesSelected: cells.witnesses_selected[row]!,
    medianExcessLossDdb: medianOf(view, row),
    servedCreditsE4: cells.served_credits_e4[row]!.toString(),
    weightE4: cells.weight_e4[row]!,
    sharesE12: cells.shares[row]!.toString(),
  };
}

function wholeCell(view: EpochView, cell: bigint): Static<typeof wholeCellSchema> {
  const { cellReasons } = view.epoch.output;
  const row = view.cellRow(cell);
  const resolution = cellResolution(Number(cell >> 32n));
  const verdicts: { reason: string; witnessReports: number }[] = [];
  for (
    let at = lowerBound(cellReasons.cell.length, (row) => cellReasons.cell[row]! < cell);
    cellReasons.cell[at] === cell;
    at++
  ) {
    const reason = reasonByNumber(cellReasons.reason[at]!)?.name ?? String(cellReasons.reason[at]);
    verdicts.push({ reason, witnessReports: cellReasons.witness_reports[at]! });
  }
  const parents: Static<typeof cellSchema>[] = [];
  for (let coarser = resolution - 1; coarser >= MIN_RESOLUTION; coarser--) {
    const { hi, lo } = parentCell(Number(cell >> 32n), Number(cell & 0xffff_ffffn), coarser);
    const parent = view.cellRow(cellToBigInt(hi, lo));
    if (parent !== undefined) parents.push(cellOf(view, parent));
  }
  return { epoch: view.number, cell: row === undefined ? null : cellOf(view, row), verdicts, parents };
}

function coverageAt(view: EpochView, latDeg: number, lngDeg: number): Static<typeof coverageSchema> {
  const { hi, lo } = latLngToCell(latDeg, lngDeg, PUBLIC_RESOLUTION);
  const hiOut = new Uint32Array(6);
  const loOut = new Uint32Array(6);
  const around = neighbours(hi, lo, hiOut, loOut);
  const cells = [cellToBigInt(hi, lo)];
  for (let i = 0; i < around; i++) cells.push(cellToBigInt(hiOut[i]!, loOut[i]!));
  const evidence = cells.flatMap((cell, index) => {
    const found = evidenceOf(view, cell, index === 0 ? 0 : 1);
    return found === undefined ? [] : [found];
  });
  return {
    epoch: view.number,
    cell: cellOrNull(cells[0]!),
    isCovered: evidence.some(({ witnessesValid }) => witnessesValid > 0),
    evidence,
  };
}

function evidenceOf(view: EpochView, cell: bigint, distanceCells: number) {
  const row = view.cellRow(cell);
  const hotspots = view.hotspotsOfCell(cell);
  if (row === undefined && hotspots.length === 0) return undefined;
  const { cells, stateOut } = view.epoch.output;
  const last = hotspots.reduce((latest, hotspot) => {
    const state = view.stateRow(hotspot);
    const ms = state === undefined ? 0n : stateOut.last_beacon_ms[state]!;
    return ms > latest ? ms : latest;
  }, 0n);
  const number = (column: Uint32Array) => (row === undefined ? 0 : column[row]!);
  return {
    cell: cellOrNull(cell),
    distanceCells,
    hotspots: hotspots.length,
    activeHotspots: number(cells.active_hotspots),
    beaconsValid: number(cells.beacons_valid),
    witnessesValid: number(cells.witnesses_valid),
    medianExcessLossDdb: row === undefined ? null : medianOf(view, row),
    lastBeacon: timeOrNull(last),
  };
}

function medianOf(view: EpochView, row: number): number | null {
  const median = view.epoch.output.cells.median_excess_loss_ddb[row]!;
  return median === NO_MEDIAN ? null : median;
}

function cellNamed(text: string): bigint | undefined {
  try {
    const { hi, lo } = cellFromString(text);
    const resolution = cellResolution(hi);
    return resolution >= MIN_RESOLUTION && resolution <= PUBLIC_RESOLUTION ? cellToBigInt(hi, lo) : undefined;
  } catch {
    return undefined;
  }
}
