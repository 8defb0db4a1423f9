/** Hotspots of a closed epoch: who they are, what they sent and heard, why they earned what they earned. */
import { cellFromString, cellResolution, cellToBigInt, PUBLIC_RESOLUTION } from "@earshot/geo";
import { base58Text } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { Explainer } from "../explain/explain-hotspot.ts";
import { regionText } from "../explain/figures.ts";
import { hotspotText } from "../explain/find-hotspot.ts";
import { keyParams } from "../service/api-schemas.ts";
import type { HttpApp } from "../service/http.ts";
import { sendError } from "../service/http.ts";
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
import { type EpochView, rowOf } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { explanationSchema } from "./explanation-schema.ts";
import { readOwnerRequest } from "./owner-request.ts";
import { perView } from "./per-view.ts";
import { beaconOf, beaconSchema, payOf, paySchema, receptionOf, receptionSchema } from "./reports.ts";

const WALLET_BYTES = 32;
const tags = ["hotspots"];

const hotspotSchema = Type.Object({
  key: Type.String(),
  gatewayId: Type.String(),
  owner: Type.String({ description: "Wallet, base58" }),
  beneficiary: Type.Union([Type.String(), Type.Null()], {
    description: "Wallet its rewards go to, base58; null when they are split",
  }),
  split: Type.Array(Type.Object({ wallet: Type.String(), shareE4: Type.Integer({ description: "Share, 1e-4" }) })),
  cell: Type.Union([cellText, Type.Null()], { description: "Public cell, resolution 8; null when not asserted" }),
  isLocationOpen: Type.Boolean({ description: "False: scored from its public cell" }),
  region: Type.String(),
  gainDdbi: Type.Integer({ description: "Antenna gain, 0.1 dBi" }),
  elevationM: Type.Integer(),
  provesCoverage: Type.Boolean(),
  isSuspended: Type.Boolean(),
  firstEpoch: Type.Integer(),
  beacons: Type.Integer({ description: "Beacons it reported in the epoch" }),
  receptions: Type.Integer({ description: "Beacons it reported to have heard in the epoch" }),
  scaleE4: Type.Integer({ description: "Density scale of its place, 1e-4" }),
  weightE4: Type.Integer({ description: "Weight of its cell, 1e-4" }),
  dataCredits: Type.String({ description: "Billed data credits it carried" }),
  pay: paySchema,
});

const hotspotListSchema = Type.Object({
  epoch: Type.Integer(),
  hotspots: Type.Array(hotspotSchema),
  next: nextPage,
});
const wholeHotspotSchema = Type.Object({
  epoch: Type.Integer(),
  hotspot: hotspotSchema,
  exactCell: Type.Optional(Type.Union([cellText, Type.Null()], { description: "To its owner only: resolution 12" })),
  lastBeacon: Type.Union([Type.String(), Type.Null()], { description: "Last beacon that passed, ISO 8601" }),
  lastWitness: Type.Union([Type.String(), Type.Null()], { description: "Last beacon it witnessed, ISO 8601" }),
});
const listQuery = Type.Object({
  ...pageQuery.properties,
  cell: Type.Optional(cellText),
});

/** `nowMs`: the oracle's time, for signed requests. */
export function hotspotRoutes(app: HttpApp, views: EpochViews, nowMs: () => number): void {
  const explainerOf = perView((view) => new Explainer(view.epoch.input, view.epoch.output, view));
  app.get(
    "/v1/hotspots",
    {
      schema: {
        tags,
        summary: "Hotspots of an epoch in the order of the registry, of one public cell if given.",
        querystring: listQuery,
        response: epochAnswers(hotspotListSchema),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a cell of resolution 8", (view) => {
        const { cell: asked } = request.query;
        const rows = asked === undefined ? null : rowsOfCell(view, asked);
        if (rows === undefined) return undefined;
        const page = pageOf(rows?.length ?? view.hotspotCount, request.query, (index) =>
          hotspotOf(view, rows === null ? index : rows[index]!),
        );
        return { epoch: view.number, hotspots: page.entries, next: page.next };
      }),
  );
  app.get(
    "/v1/hotspots/:key",
    {
      schema: {
        tags,
        summary: "One hotspot; to its owner, who signs the request, with its exact place.",
        params: keyParams,
        querystring: epochQuery,
        headers: Type.Object({ "earshot-owner": Type.Optional(Type.String({ maxLength: 200 })) }),
        response: epochAnswers(wholeHotspotSchema),
      },
    },
    async (request, reply) => {
      const header = request.headers["earshot-owner"];
      const signed = header === undefined ? null : readOwnerRequest(header, "GET", request.url, nowMs());
      if (signed?.status === "refused") return sendError(reply, "bad_request", signed.expected, "earshot-owner");
      reply.header("vary", "earshot-owner");
      const answer = (view: EpochView) => {
        const row = view.hotspotRow(request.params.key);
        return row === undefined ? undefined : wholeHotspot(view, row, signed?.wallet ?? null);
      };
      const { epoch } = request.query;
      if (signed === null) return answerFrom(views, epoch, request, reply, "a hotspot's key", answer);
      // What an owner sees is kept by no cache on the way, and is not what everybody sees, which the client may have kept.
      const basis = { until: base58Text(signed.wallet), isLasting: true, isPrivate: true };
      return answerFrom(views, epoch, request, reply, "a hotspot's key", answer, async () => basis);
    },
  );
  listRoute(app, views, "beacons", "Beacons a hotspot sent, with how many heard them.", beaconSchema, (view, row) => ({
    rows: view.beaconsOf(row),
    entry: (at) => beaconOf(view, at),
  }));
  listRoute(
    app,
    views,
    "receptions",
    "Beacons of others that a hotspot reported to have heard, also those not selected.",
    receptionSchema,
    (view, row) => ({ rows: view.receptionsOf(row), entry: (at) => receptionOf(view, at) }),
  );
  listRoute(
    app,
    views,
    "witnesses",
    "Who reported to have heard a hotspot's beacons, also those not selected.",
    receptionSchema,
    (view, row) => ({ rows: heardBy(view, row), entry: (at) => receptionOf(view, at) }),
  );
  app.get(
    "/v1/hotspots/:key/explanation",
    {
      schema: {
        tags,
        summary: "Every verdict with measured value and limit, the density arithmetic, the cell weight and the sum.",
        params: keyParams,
        querystring: epochQuery,
        response: epochAnswers(explanationSchema),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a hotspot's key", (view) => {
        const row = view.hotspotRow(request.params.key);
        if (row === undefined) return undefined;
        const explanation = explainerOf(view).of(row);
        return jsonValue(explanation) as Static<typeof explanationSchema>;
      }),
  );
}

/** A list of a hotspot's reports, in log order. */
function listRoute<T extends typeof beaconSchema | typeof receptionSchema>(
  app: HttpApp,
  views: EpochViews,
  name: string,
  summary: string,
  schema: T,
  listOf: (view: EpochView, hotspot: number) => { rows: ArrayLike<number>; entry: (row: number) => Static<T> },
): void {
  const answer = Type.Object({ epoch: Type.Integer(), [name]: Type.Array(schema), next: nextPage });
  app.get(
    `/v1/hotspots/:key/${name}`,
    { schema: { tags, summary, params: keyParams, querystring: pageQuery, response: epochAnswers(answer) } },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a hotspot's key", (view) => {
        const row = view.hotspotRow(request.params.key);
        if (row === undefined) return undefined;
        const { rows, entry } = listOf(view, row);
        const page = pageOf(rows.length, request.query, (index) => entry(rows[index]!));
        return { epoch: view.number, [name]: page.entries, next: page.next } as Static<typeof answer>;
      }),
  );
}

function heardBy(view: EpochView, hotspot: number): number[] {
  const { challenge } = view.epoch.input.beacons;
  const challenges = new Set([...view.beaconsOf(hotspot)].map((row) => challenge[row]!));
  return [...challenges].flatMap((one) => [...view.receptionsOfChallenge(one)]);
}

/** Undefined for a text that is no cell of resolution 8. */
function rowsOfCell(view: EpochView, text: string): readonly number[] | undefined {
  try {
    const { hi, lo } = cellFromString(text);
    return cellResolution(hi) === PUBLIC_RESOLUTION ? view.hotspotsOfCell(cellToBigInt(hi, lo)) : undefined;
  } catch {
    return undefined;
  }
}

function hotspotOf(view: EpochView, row: number): Static<typeof hotspotSchema> {
  const { hotspots } = view.epoch.input;
  const { shares } = view.epoch.output;
  const split = view.splitOf(row).map(({ wallet, shareE4 }) => ({ wallet: base58Text(wallet), shareE4 }));
  return {
    key: hotspotText(hotspots, row),
    gatewayId: rowOf(hotspots.gateway_id, row, 8).toHex(),
    owner: base58Text(rowOf(hotspots.owner, row, WALLET_BYTES)),
    beneficiary: split.length > 0 ? null : base58Text(rowOf(hotspots.beneficiary, row, WALLET_BYTES)),
    split,
    cell: cellOrNull(hotspots.cell_public[row]!),
    isLocationOpen: rowOf(hotspots.location_commitment, row, 32).every((byte) => byte === 0),
    region: regionText(hotspots.region[row]!),
    gainDdbi: hotspots.gain_ddbi[row]!,
    elevationM: hotspots.elevation_m[row]!,
    provesCoverage: hotspots.capability[row] !== 0,
    isSuspended: hotspots.suspended[row] !== 0,
    firstEpoch: hotspots.first_epoch[row]!,
    beacons: view.beaconsOf(row).length,
    receptions: view.receptionsOf(row).length,
    scaleE4: shares.scale_e4[row]!,
    weightE4: shares.weight_e4[row]!,
    dataCredits: shares.data_credits[row]!.toString(),
    pay: payOf(view, row),
  };
}

function wholeHotspot(view: EpochView, row: number, wallet: Uint8Array | null): Static<typeof wholeHotspotSchema> {
  const { hotspots } = view.epoch.input;
  const { last_beacon_ms, last_witness_ms } = view.epoch.output.stateOut;
  const state = view.stateRow(row);
  const isOwner = wallet !== null && Buffer.compare(rowOf(hotspots.owner, row, WALLET_BYTES), wallet) === 0;
  return {
    epoch: view.number,
    hotspot: hotspotOf(view, row),
    ...(isOwner ? { exactCell: cellOrNull(hotspots.cell[row]!) } : {}),
    lastBeacon: state === undefined ? null : timeOrNull(last_beacon_ms[state]!),
    lastWitness: state === undefined ? null : timeOrNull(last_witness_ms[state]!),
  };
}

/** Amounts as decimal strings, times and names as they are. */
function jsonValue(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === "bigint") return part.toString();
      return part instanceof Uint8Array ? part.toHex() : part;
    }),
  );
}
