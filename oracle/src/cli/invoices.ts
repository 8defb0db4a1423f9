/** `oracle invoices`: a payer's bills and the burns that paid them, from an oracle, held against the chain where one is named. */
import { findNetwork, Programs } from "@earshot/programs-client";
import { buildCommand } from "@stricli/core";
import { type InvoiceAnswer, InvoiceClient, type InvoiceSummary } from "../billing/invoice-client.ts";
import { invoiceDifferences } from "../billing/invoices.ts";
import { publicKeyOf } from "../chain/address.ts";
import { rpcConnection } from "../chain/rpc-connection.ts";
import { oracleError } from "../errors.ts";
import { burnsOnChain, type ChainBurn } from "../settlement/burn-chain.ts";
import { type ChainFlags, chainFlags } from "./chain-facts.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { table } from "./format.ts";
import { integerParser, textParser } from "./parse.ts";
import { walletSigner } from "./signer-file.ts";

interface InvoicesFlags extends JsonFlag, ChainFlags {
  readonly url: string;
  readonly wallet: string;
  readonly csv: boolean;
}

const TIMEOUT_MS = 60_000;
const MAX_CHAIN_ANSWER_BYTES = 64 * 1024 * 1024;

export const invoicesCommand = buildCommand<InvoicesFlags, [number?], CliContext>({
  docs: {
    brief: "Show a payer's invoices, and hold them against the burns on chain",
    fullDescription:
      "Without an epoch all invoices are listed. With one its lines and burns are shown, as text, --json or --csv. The wallet signs each " +
      "request; an oracle shows invoices to their payer alone. With --rpc and --token every burn is looked up on chain, and exit code 1 " +
      "says that something differs.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        { parse: integerParser(0, 0xffff_ffff), brief: "Epoch of one invoice", placeholder: "EPOCH", optional: true },
      ],
    },
    flags: {
      url: {
        kind: "parsed",
        parse: textParser,
        brief: "The oracle",
        placeholder: "URL",
        default: "http://127.0.0.1:8080",
      },
      wallet: { kind: "parsed", parse: textParser, brief: "Keypair file of the payer's wallet", placeholder: "FILE" },
      csv: { kind: "boolean", brief: "Print an invoice as CSV", default: false },
      ...chainFlags,
      json: jsonFlag,
    },
  },
  async func(flags, epoch) {
    await answer(this, flags, async () => {
      const client = new InvoiceClient({
        url: flags.url,
        signer: walletSigner(flags.wallet),
        nowMs: Date.now,
        timeoutMs: TIMEOUT_MS,
      });
      if (epoch === undefined) {
        if (flags.csv) throw oracleError("ORC_BAD_OPTION", "--csv: name the epoch of one invoice");
        const invoices = await client.list();
        const faults = await faultsOf(client, invoices, await burnsOf(flags));
        return {
          json: { payer: client.payer, invoices, differences: faults },
          text: listText(invoices) + faultText(flags, faults),
          failed: faults.length > 0,
        };
      }
      if (flags.csv) return { json: null, text: await client.csv(epoch) };
      const invoice = await client.invoice(epoch);
      const chain = await burnsOf(flags);
      const faults = chain === undefined ? [] : differencesOf(invoice, chain);
      return {
        json: { ...invoice, differences: faults },
        text: invoiceText(invoice) + faultText(flags, faults),
        failed: faults.length > 0,
      };
    });
  },
});

async function burnsOf({ rpc, token }: ChainFlags): Promise<readonly ChainBurn[] | undefined> {
  if (rpc === undefined && token === undefined) return undefined;
  if (rpc === undefined || token === undefined) throw oracleError("ORC_BAD_OPTION", "--rpc and --token go together");
  const connection = rpcConnection({ url: rpc, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_CHAIN_ANSWER_BYTES });
  const programs = new Programs(connection);
  return burnsOnChain({ connection, programs }, await findNetwork(programs, publicKeyOf(token, "--token")));
}

async function faultsOf(
  client: InvoiceClient,
  invoices: readonly InvoiceSummary[],
  chain: readonly ChainBurn[] | undefined,
): Promise<readonly string[]> {
  if (chain === undefined) return [];
  const faults: string[] = [];
  for (const { epoch } of invoices) faults.push(...differencesOf(await client.invoice(epoch), chain));
  return faults;
}

function differencesOf(invoice: InvoiceAnswer, chain: readonly ChainBurn[]): readonly string[] {
  const burns = invoice.burns.map(({ router, nonce, dataCredits, signature }) => ({
    router,
    nonce: BigInt(nonce),
    dataCredits: BigInt(dataCredits),
    signature,
  }));
  const billHash = Buffer.from(invoice.billHash, "hex");
  const differences = invoiceDifferences({ bill: invoice.bill, billHash, burns, burnt: BigInt(invoice.burnt) }, chain);
  return differences.map((difference) => `epoch ${invoice.epoch}: ${difference}`);
}

function listText(invoices: readonly InvoiceSummary[]): string {
  if (invoices.length === 0) return "no bills yet\n";
  const rows = invoices.map(({ epoch, dataCredits, burnt, owed }) => [String(epoch), dataCredits, burnt, owed]);
  return table([["epoch", "data credits", "burnt", "owed"], ...rows], [0, 1, 2, 3]);
}

function invoiceText({ epoch, billHash, dataCredits, burnt, owed, bill, burns }: InvoiceAnswer): string {
  const lines = bill.lines.map(({ devAddr, cell, copies, phyBytes, dataCredits }) => [
    devAddr,
    cell ?? "none",
    ...[copies, phyBytes, dataCredits].map(String),
  ]);
  const paid = burns.map(({ router, nonce, dataCredits, signature }) => [router, nonce, dataCredits, signature ?? "?"]);
  return [
    `epoch ${epoch}: ${dataCredits} data credits, ${burnt} burnt, ${owed} owed; bill ${billHash}\n`,
    table([["DevAddr", "cell", "copies", "bytes", "data credits"], ...lines], [2, 3, 4]),
    paid.length === 0
      ? "  nothing burnt yet\n"
      : table([["router", "number", "data credits", "transaction"], ...paid], [1, 2]),
  ].join("");
}

function faultText({ rpc }: ChainFlags, faults: readonly string[]): string {
  if (rpc === undefined) return "";
  return faults.length === 0
    ? "every burn is on chain as it stands here\n"
    : faults.map((fault) => `  ${fault}\n`).join("");
}
