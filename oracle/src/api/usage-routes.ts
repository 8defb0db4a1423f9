/** What a payer was billed for in an epoch, by device and by cell, to who may see it (payer-access.ts). */
import { cellToString } from "@earshot/geo";
import { base58Text } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { errorAnswers } from "../service/api-schemas.ts";
import { type HttpApp, sendError } from "../service/http.ts";
import { answerFrom, cellText, epochAnswers, epochQuery } from "./answers.ts";
import { type EpochView, rowOf } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { OWNER_REQUEST_HEADER, walletFromText } from "./owner-request.ts";
import { type PayerAccess, sendAccessRefusal } from "./payer-access.ts";
import { perView } from "./per-view.ts";

const WALLET_BYTES = 32;
const HASH_BYTES = 32;
/** Lines of each list: the largest, the rest is summed up. */
const MOST_LINES = 200;

const lineFields = { copies: Type.Integer(), packets: Type.Integer(), dataCredits: Type.Integer() };
const usageSchema = Type.Object({
  epoch: Type.Integer(),
  payer: Type.String(),
  ...lineFields,
  devices: Type.Array(
    Type.Object({ devAddr: Type.String({ description: "Eight hexadecimal digits" }), ...lineFields }),
  ),
  devicesInAll: Type.Integer(),
  cells: Type.Array(
    Type.Object({
      cell: Type.Union([cellText, Type.Null()], { description: "Of the carrying hotspot, resolution 8" }),
      ...lineFields,
    }),
  ),
  cellsInAll: Type.Integer(),
});

type Usage = Static<typeof usageSchema>;

interface Line {
  copies: number;
  dataCredits: number;
  readonly packets: Set<string>;
}

export function usageRoutes(app: HttpApp, views: EpochViews, access: PayerAccess): void {
  // Whoever has a wallet may ask, and an epoch has millions of receipts: they are looked through once.
  const rowsOf = perView(billedRows);
  const usageIn = perView(() => new Map<string, Usage>());
  app.get(
    "/v1/payers/:wallet/usage",
    {
      schema: {
        tags: ["invoices"],
        summary: "Billed copies of a payer in a closed epoch, by device and by cell of the carrying hotspot.",
        description:
          `The payer's wallet, or a member of its organisation, signs the request (\`${OWNER_REQUEST_HEADER}: WALLET TIME SIGNATURE\`); ` +
          "programs bear an API key.",
        security: [{ organisationKey: [] }, { signedRequest: [] }],
        params: Type.Object({ wallet: Type.String({ maxLength: 44 }) }),
        querystring: epochQuery,
        headers: Type.Object({ [OWNER_REQUEST_HEADER]: Type.Optional(Type.String({ maxLength: 200 })) }),
        response: { ...epochAnswers(usageSchema), ...errorAnswers("unknown_key", "overloaded", "log_unavailable") },
      },
    },
    async (request, reply) => {
      const wallet = walletFromText(request.params.wallet);
      if (wallet === undefined) return sendError(reply, "bad_request", "a wallet in base58", request.params.wallet);
      const refused = await access(request, request.params.wallet);
      if (refused !== undefined) return sendAccessRefusal(reply, refused);
      const basis = { until: "payer", isLasting: true, isPrivate: true };
      const answer = (view: EpochView) => {
        const rows = rowsOf(view).get(textOf(wallet, 0));
        if (rows === undefined) return usageOf(view, wallet, []);
        const made = usageIn(view);
        const known = made.get(request.params.wallet) ?? usageOf(view, wallet, rows);
        made.set(request.params.wallet, known);
        return known;
      };
      return answerFrom(views, request.query.epoch, request, reply, "an epoch", answer, async () => basis);
    },
  );
}

/** Rows of packets.arrow that were billed, by the payer's 32 bytes as text. */
function billedRows(view: EpochView): ReadonlyMap<string, readonly number[]> {
  const { packets } = view.epoch.input;
  const rows = new Map<string, number[]>();
  for (let row = 0; row < packets.data_credits.length; row++) {
    if (packets.data_credits[row] === 0) continue;
    const payer = textOf(packets.payer, row);
    const known = rows.get(payer);
    if (known === undefined) rows.set(payer, [row]);
    else known.push(row);
  }
  return rows;
}

/** A wallet as a key of a map. */
function textOf(wallets: Uint8Array, row: number): string {
  return Buffer.from(wallets.buffer, wallets.byteOffset + row * WALLET_BYTES, WALLET_BYTES).toString("latin1");
}

function usageOf(view: EpochView, wallet: Uint8Array, rows: readonly number[]): Usage {
  const { packets, hotspots } = view.epoch.input;
  const devices = new Map<string, Line>();
  const cells = new Map<bigint, Line>();
  const whole: Line = newLine();
  for (const row of rows) {
    const credits = packets.data_credits[row]!;
    const hash = rowOf(packets.packet_hash, row, HASH_BYTES).toHex();
    const hotspot = packets.hotspot[row]!;
    const cell = hotspot < view.hotspotCount ? hotspots.cell_public[hotspot]! : 0n;
    const devAddr = packets.dev_addr[row]!.toString(16).padStart(8, "0");
    for (const line of [whole, lineOf(devices, devAddr), lineOf(cells, cell)]) {
      line.copies++;
      line.dataCredits += credits;
      line.packets.add(hash);
    }
  }
  return {
    epoch: view.number,
    payer: base58Text(wallet),
    ...figuresOf(whole),
    devices: largest(devices).map(([devAddr, line]) => ({ devAddr, ...figuresOf(line) })),
    devicesInAll: devices.size,
    cells: largest(cells).map(([cell, line]) => ({
      cell: cell === 0n ? null : cellToString(Number(cell >> 32n), Number(cell & 0xffff_ffffn)),
      ...figuresOf(line),
    })),
    cellsInAll: cells.size,
  };
}

function newLine(): Line {
  return { copies: 0, dataCredits: 0, packets: new Set() };
}

function lineOf<K>(lines: Map<K, Line>, key: K): Line {
  const line = lines.get(key) ?? newLine();
  lines.set(key, line);
  return line;
}

function figuresOf({ copies, packets, dataCredits }: Line) {
  return { copies, packets: packets.size, dataCredits };
}

function largest<K>(lines: ReadonlyMap<K, Line>): [K, Line][] {
  return [...lines].sort(([, a], [, b]) => b.dataCredits - a.dataCredits).slice(0, MOST_LINES);
}
