/** Finding hotspots: by name, key, gateway id or wallet. Names are made once for a key and kept. */
import { base58Text } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { lowerBound } from "../epoch-folder/lower-bound.ts";
import { hotspotText } from "../explain/find-hotspot.ts";
import type { HttpApp } from "../service/http.ts";
import { animalName } from "./animal-names.ts";
import { answerFrom, cellOrNull, cellText, epochAnswers, epochQuery, nextPage, pageOf, pageQuery } from "./answers.ts";
import { type EpochView, rowOf } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { walletFromText } from "./owner-request.ts";
import { perView } from "./per-view.ts";
import { payOf, paySchema } from "./reports.ts";

const MOST_FOUND = 8;
const WALLET_BYTES = 32;
const GATEWAY_BYTES = 8;

const foundSchema = Type.Object({
  key: Type.String(),
  name: Type.String({ description: "Three words made from the key; not unique" }),
  cell: Type.Union([cellText, Type.Null()], { description: "Public cell, resolution 8" }),
});
const ownedSchema = Type.Object({
  ...foundSchema.properties,
  isOwner: Type.Boolean({ description: "The wallet owns it" }),
  isBeneficiary: Type.Boolean({ description: "Its rewards or a share of them go to the wallet" }),
  isSuspended: Type.Boolean(),
  isLocationOpen: Type.Boolean(),
  pay: paySchema,
});
const searchQuery = Type.Object({
  ...epochQuery.properties,
  q: Type.String({
    minLength: 2,
    maxLength: 64,
    description: "Beginning of a word of the name, of the key, or of the gateway id",
  }),
});

export function searchRoutes(app: HttpApp, views: EpochViews): void {
  const linesOf = perView(hotspotLines);
  app.get(
    "/v1/search",
    {
      schema: {
        tags: ["hotspots"],
        summary: `Up to ${MOST_FOUND} hotspots by name, key or gateway id; a wallet finds what it owns.`,
        querystring: searchQuery,
        response: epochAnswers(Type.Object({ epoch: Type.Integer(), hotspots: Type.Array(foundSchema) })),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "hotspots", (view) => ({
        epoch: view.number,
        hotspots: search(view, linesOf(view), request.query.q.trim()),
      })),
  );
  app.get(
    "/v1/wallets/:wallet/hotspots",
    {
      schema: {
        tags: ["hotspots"],
        summary: "Hotspots that a wallet owns or is paid for, in the order of the registry.",
        params: Type.Object({ wallet: Type.String({ maxLength: 44 }) }),
        querystring: pageQuery,
        response: epochAnswers(
          Type.Object({ epoch: Type.Integer(), hotspots: Type.Array(ownedSchema), next: nextPage }),
        ),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a wallet in base58", (view) => {
        const wallet = walletFromText(request.params.wallet);
        if (wallet === undefined) return undefined;
        const rows = rowsOfWallet(view, wallet);
        const page = pageOf(rows.length, request.query, (at) => ownedOf(view, rows[at]!, wallet));
        return { epoch: view.number, hotspots: page.entries, next: page.next };
      }),
  );
}

/** Every hotspot as one line of one text: `\n name words\tKEY\tgatewayid`, so that looking for one is a search that the engine does natively. */
interface HotspotLines {
  readonly text: string;
  /** Where each line begins. */
  readonly starts: Uint32Array;
}

const names = new Map<string, string>();

function hotspotLines(view: EpochView): HotspotLines {
  const { hotspots } = view.epoch.input;
  const starts = new Uint32Array(view.hotspotCount);
  const lines: string[] = [];
  let length = 0;
  for (let row = 0; row < view.hotspotCount; row++) {
    const key = hotspotText(hotspots, row);
    const name = names.get(key) ?? animalName(key).toLowerCase();
    names.set(key, name);
    const line = `\n ${name}\t${key}\t${rowOf(hotspots.gateway_id, row, GATEWAY_BYTES).toHex()}`;
    starts[row] = length;
    length += line.length;
    lines.push(line);
  }
  return { text: lines.join(""), starts };
}

function search(view: EpochView, lines: HotspotLines, wanted: string): Static<typeof foundSchema>[] {
  const wallet = walletFromText(wanted);
  if (wallet !== undefined)
    return rowsOfWallet(view, wallet)
      .slice(0, MOST_FOUND)
      .map((row) => foundOf(view, row));
  const lower = wanted.toLowerCase();
  const found = new Set<number>();
  // The beginning of a word, of a key, of a gateway id.
  for (const part of [` ${lower.replace(/[\s-]+/g, " ")}`, `\t${wanted}`, `\t${lower}`]) {
    for (const row of rowsWith(lines, part)) found.add(row);
  }
  return [...found]
    .sort((a, b) => a - b)
    .slice(0, MOST_FOUND)
    .map((row) => foundOf(view, row));
}

/** The first rows whose lines have the part. */
function rowsWith({ text, starts }: HotspotLines, part: string): number[] {
  const rows: number[] = [];
  for (let at = text.indexOf(part); at >= 0 && rows.length < MOST_FOUND; ) {
    const row = lowerBound(starts.length, (one) => starts[one]! <= at) - 1;
    rows.push(row);
    at = row + 1 < starts.length ? text.indexOf(part, starts[row + 1]) : -1;
  }
  return rows;
}

function rowsOfWallet(view: EpochView, wallet: Uint8Array): number[] {
  const { owner, beneficiary } = view.epoch.input.hotspots;
  const rows = new Set<number>();
  for (let row = 0; row < view.hotspotCount; row++) {
    if (isWallet(owner, row, wallet) || isWallet(beneficiary, row, wallet)) rows.add(row);
  }
  const { splits } = view.epoch.input;
  for (let at = 0; at < (splits?.hotspot.length ?? 0); at++) {
    if (isWallet(splits!.wallet, at, wallet)) rows.add(splits!.hotspot[at]!);
  }
  return [...rows].sort((a, b) => a - b);
}

function isWallet(column: Uint8Array, row: number, wallet: Uint8Array): boolean {
  const start = row * WALLET_BYTES;
  for (let at = 0; at < WALLET_BYTES; at++) if (column[start + at] !== wallet[at]) return false;
  return true;
}

function foundOf(view: EpochView, row: number): Static<typeof foundSchema> {
  const { hotspots } = view.epoch.input;
  const key = hotspotText(hotspots, row);
  return { key, name: animalName(key), cell: cellOrNull(hotspots.cell_public[row]!) };
}

function ownedOf(view: EpochView, row: number, wallet: Uint8Array): Static<typeof ownedSchema> {
  const { hotspots } = view.epoch.input;
  const text = base58Text(wallet);
  const is = (column: Uint8Array) => base58Text(rowOf(column, row, WALLET_BYTES)) === text;
  return {
    ...foundOf(view, row),
    isOwner: is(hotspots.owner),
    isBeneficiary: view.splitOf(row).some((share) => base58Text(share.wallet) === text) || is(hotspots.beneficiary),
    isSuspended: hotspots.suspended[row] !== 0,
    isLocationOpen: rowOf(hotspots.location_commitment, row, WALLET_BYTES).every((byte) => byte === 0),
    pay: payOf(view, row),
  };
}
