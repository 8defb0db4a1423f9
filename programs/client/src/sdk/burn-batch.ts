/**
 * Burning many bills, as many as fit one transaction, each once: the nonce of a bill says whether it is burnt.
 *
 * A bill that is refused (an empty escrow, say) is tried alone, so that it holds up only later bills of the same router.
 */
import type { Commitment, TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { Router } from "../generated/data-credits.ts";
import { routerOf } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { burnRouter, type RouterBill } from "./routers.ts";
import type { Sender } from "./send.ts";
import { type Act, type BatchAct, settleOnce, settleOrRefuse } from "./settle-once.ts";
import { fits } from "./transaction.ts";

export type { RouterBill } from "./routers.ts";

/** Burns in one transaction: within its compute units at 40,000 a burn, and never more than one packet holds. */
const MAX_BURNS = 16;

interface NumberedBill {
  readonly index: number;
  readonly bill: RouterBill;
  readonly router: string;
}

/** Burns each bill that is not burnt yet; an answer for each, in the order given. The payer is the burn authority. */
export async function burnBills(
  sender: Sender,
  network: NetworkAddresses,
  bills: readonly RouterBill[],
): Promise<readonly BatchAct[]> {
  const numbered = bills.map((bill, index) => ({ index, bill, router: routerOf(network.dcConfig, bill.routeKey) }));
  const inOrder: readonly NumberedBill[] = numbered
    .map(({ router, ...rest }) => ({ ...rest, router: router.toBase58() }))
    .sort((a, b) => (a.router === b.router ? Number(a.bill.nonce - b.bill.nonce) : a.router < b.router ? -1 : 1));
  const answers: BatchAct[] = [];
  for (const batch of await batchesOf(sender, network, inOrder))
    for (const [at, answer] of (await burnBatch(sender, network, batch)).entries()) answers[batch[at]!.index] = answer;
  return answers;
}

/** Bills in transactions that fit, in order. */
async function batchesOf(
  sender: Sender,
  network: NetworkAddresses,
  bills: readonly NumberedBill[],
): Promise<readonly (readonly NumberedBill[])[]> {
  const options = { ...sender, payer: sender.payer.publicKey };
  const batches: NumberedBill[][] = [];
  let instructions: TransactionInstruction[] = [];
  for (const bill of bills) {
    const burn = await burnRouter(sender.programs, network, options.payer, bill.bill);
    const open = batches.at(-1);
    if (open !== undefined && open.length < MAX_BURNS && fits(options, [...instructions, burn])) {
      open.push(bill);
      instructions.push(burn);
    } else {
      batches.push([bill]);
      instructions = [burn];
    }
  }
  return batches;
}

async function burnBatch(
  sender: Sender,
  network: NetworkAddresses,
  batch: readonly NumberedBill[],
): Promise<readonly BatchAct[]> {
  if (batch.length > 1) {
    const together = await settleOnce(sender, deedOf(sender, network, batch)).catch(refusalOf);
    if (together !== null && together.state === "done") return batch.map(() => together);
  }
  // Some are burnt, or one is refused: each by itself.
  const answers: BatchAct[] = [];
  for (const one of batch) answers.push(await settleOrRefuse(sender, deedOf(sender, network, [one])));
  return answers;
}

/** A refusal is no answer for a batch; everything else ends the run, which can be asked for again. */
function refusalOf(error: unknown): Act | null {
  if (error instanceof ClientError && (error.code === "PRG_REFUSED" || error.code === "PRG_NOT_FOUND")) return null;
  throw error;
}

function deedOf(sender: Sender, network: NetworkAddresses, bills: readonly NumberedBill[]) {
  return {
    look: async (commitment: Commitment) => {
      const addresses = bills.map(({ bill }) => routerOf(network.dcConfig, bill.routeKey));
      const routers = await sender.programs.accountsAt("dataCredits", "router", addresses, commitment);
      const states = bills.map((bill, at) => stateOf(bill, routers[at]!, bills[at - 1]));
      if (states.every((state) => state === "already")) return "already" as const;
      return states.every((state) => state === "due") ? ("due" as const) : ("waiting" as const);
    },
    instructions: () =>
      Promise.all(bills.map(({ bill }) => burnRouter(sender.programs, network, sender.payer.publicKey, bill))),
    alreadyErrors: ["NonceOutOfOrder"],
  };
}

/** Whether a bill is burnt, or next, counting the bill that stands before it in the same transaction. */
function stateOf(
  { bill, router }: NumberedBill,
  stored: Router | null,
  before: NumberedBill | undefined,
): "due" | "already" {
  if (stored === null) throw new ClientError("PRG_NOT_FOUND", `the route key of ${router} has no router account`);
  if (stored.lastNonce >= bill.nonce) return "already";
  const last = before?.router === router ? before.bill.nonce : stored.lastNonce;
  if (bill.nonce === last + 1n) return "due";
  throw new ClientError("PRG_REFUSED", `${router}: bill ${bill.nonce} does not follow bill ${last}`);
}
