/** Finding hotspots: by name, key, gateway id or wallet. Names are made once for a key and kept. */
import { base58Text } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
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
  const textsOf = perView(hotspotTexts);
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
        hotspots: search(view, textsOf(view), request.query.q.trim()),
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

interface HotspotTexts {
  readonly key: string;
  /** Lower case, each word behind a space. */
  readonly name: string;
  readonly gatewayId: string;
}

const names = new Map<string, string>();

function hotspotTexts(view: EpochView): HotspotTexts[] {
  const { hotspots } = view.epoch.input;
  return Array.from({ length: view.hotspotCount }, (_, row) => {
    const key = hotspotText(hotspots, row);
    const name = names.get(key) ?? ` ${animalName(key).toLowerCase()}`;
    names.set(key, name);
    return { key, name, gatewayId: rowOf(hotspots.gateway_id, row, GATEWAY_BYTES).toHex() };
  });
}

function search(view: EpochView, texts: readonly HotspotTexts[], wanted: string): Static<typeof foundSchema>[] {
  const wallet = walletFromText(wanted);
  if (wallet !== undefined)
    return rowsOfWallet(view, wallet)
      .slice(0, MOST_FOUND)
      .map((row) => foundOf(view, row));
  const lower = wanted.toLowerCase();
  const words = ` ${lower.replace(/[\s-]+/g, " ")}`;
  const found: number[] = [];
  for (let row = 0; row < texts.length && found.length < MOST_FOUND; row++) {
    const { key, name, gatewayId } = texts[row]!;
    if (name.includes(words) || key.startsWith(wanted) || gatewayId.startsWith(lower)) found.push(row);
  }
  return found.map((row) => foundOf(view, row));
}

function rowsOfWallet(view: EpochView, wallet: Uint8Array): number[] {
  const { owner, beneficiary } = view.epoch.input.hotspots;
  const rows: number[] = [];
  for (let row = 0; row < view.hotspotCount; row++) {
    if (isWallet(owner, row, wallet) || isWallet(beneficiary, row, wallet)) rows.push(row);
  }
  const { splits } = view.epoch.input;
  for (let at = 0; at < (splits?.hotspot.length ?? 0); at++) {
    if (isWallet(splits!.wallet, at, wallet) && !rows.includes(splits!.hotspot[at]!)) rows.push(splits!.hotspot[at]!);
  }
  return rows.sort((a, b) => a - b);
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
