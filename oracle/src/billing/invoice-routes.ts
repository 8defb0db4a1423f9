/** Invoices over HTTP, to who may see what is their payer's alone (api/payer-access.ts). */
import Type, { type Static } from "typebox";
import { OWNER_REQUEST_HEADER } from "../api/owner-request.ts";
import { type PayerAccess, sendAccessRefusal } from "../api/payer-access.ts";
import { errorAnswers } from "../service/api-schemas.ts";
import { type HttpApp, type HttpReply, type HttpRequest, sendError } from "../service/http.ts";
import { invoiceCsv, invoiceJson } from "./invoices.ts";
import type { Invoice, StoredJournal } from "./stored-journal.ts";

const MAX_PAGE = 366;
const DEFAULT_PAGE = 31;

const wallet = Type.String({ pattern: "^[1-9A-HJ-NP-Za-km-z]{32,44}$", description: "The payer's wallet, base58" });
const epoch = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
const amount = Type.String({ pattern: "^[0-9]+$", description: "Data credits" });
const headers = Type.Object({ [OWNER_REQUEST_HEADER]: Type.Optional(Type.String({ maxLength: 200 })) });
const summarySchema = Type.Object({
  epoch: Type.Integer(),
  billHash: Type.String({ description: "SHA-256 of the bill's canonical JSON, hex: `report_hash` of its burns" }),
  dataCredits: amount,
  burnt: amount,
  owed: amount,
  isPaid: Type.Boolean(),
});
const invoiceSchema = Type.Object({
  ...summarySchema.properties,
  network: Type.Integer(),
  payer: wallet,
  burns: Type.Array(
    Type.Object({
      router: Type.String(),
      nonce: amount,
      dataCredits: amount,
      signature: Type.Union([Type.String(), Type.Null()], {
        description: "Of the transaction; null where the burn was found done on chain after a crash",
      }),
    }),
  ),
  bill: Type.Unknown({ description: "By device and cell of resolution 8; its canonical JSON has `billHash`" }),
});
const listSchema = Type.Object({
  payer: wallet,
  invoices: Type.Array(summarySchema),
  next: Type.Union([Type.Integer(), Type.Null()], { description: "`before` of the next page; null at the end" }),
});
const refusals = errorAnswers("bad_request", "not_found", "unknown_key", "overloaded", "log_unavailable");

export interface InvoiceRoutesOptions {
  readonly journal: Pick<StoredJournal, "invoices" | "invoice">;
  readonly access: PayerAccess;
}

export function invoiceRoutes(app: HttpApp, { journal, access }: InvoiceRoutesOptions): void {
  const description =
    `The payer's wallet, or a member of its organisation, signs the request (\`${OWNER_REQUEST_HEADER}: WALLET TIME SIGNATURE\`); ` +
    "programs bear an API key.";
  const security = [{ organisationKey: [] }, { signedRequest: [] }];
  /** Else the refusal is sent. What a payer sees is kept by no cache on the way. */
  const mayRead = async (request: HttpRequest, reply: HttpReply, wallet: string) => {
    reply.header("cache-control", "private, no-store");
    const refused = await access(request, wallet);
    if (refused !== undefined) sendAccessRefusal(reply, refused);
    return refused === undefined;
  };
  app.get(
    "/v1/payers/:wallet/invoices",
    {
      schema: {
        tags: ["invoices"],
        summary: "Invoices of a payer, latest epoch first.",
        description,
        security,
        params: Type.Object({ wallet }),
        querystring: Type.Object({
          before: Type.Optional(epoch),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
        }),
        headers,
        response: { 200: listSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const { wallet } = request.params;
      if (!(await mayRead(request, reply, wallet))) return reply;
      const { before, limit = DEFAULT_PAGE } = request.query;
      const invoices = await journal.invoices(wallet, { before, limit: limit + 1 });
      const page = invoices.slice(0, limit).map(invoiceJson);
      return { payer: wallet, invoices: page, next: invoices.length > limit ? page.at(-1)!.epoch : null };
    },
  );
  for (const suffix of ["", ".csv"] as const) {
    app.get(
      `/v1/payers/:wallet/invoices/:epoch${suffix}`,
      {
        schema: {
          tags: ["invoices"],
          summary:
            suffix === ""
              ? "An invoice with its bill and burns."
              : "The same as CSV: rows of kind `packets` and of kind `burn` have one sum once it is paid.",
          description,
          security,
          params: Type.Object({ wallet, epoch }),
          headers,
          response: { 200: suffix === "" ? invoiceSchema : Type.String(), ...refusals },
        },
      },
      async (request, reply) => {
        const { wallet, epoch } = request.params;
        if (!(await mayRead(request, reply, wallet))) return reply;
        const invoice = await journal.invoice(wallet, epoch);
        if (invoice === undefined) return sendError(reply, "not_found", "an epoch with a bill of this payer", epoch);
        return suffix === "" ? (invoiceJson(invoice) as Static<typeof invoiceSchema>) : sendCsv(reply, invoice);
      },
    );
  }
}

function sendCsv(reply: HttpReply, invoice: Invoice): HttpReply {
  const name = `invoice-${invoice.bill.epoch}.csv`;
  reply.header("content-disposition", `attachment; filename="${name}"`);
  return reply.type("text/csv; charset=utf-8").send(invoiceCsv(invoice));
}
