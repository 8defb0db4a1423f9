/**
 * An act of settlement that is done once however often it is asked for.
 *
 * It looks first, and looks again before a refusal is reported: another process, or an earlier try whose answer was lost, may have
 * done it. A node that answers may be behind, so a refusal that says "already" in the program's own words is waited out until
 * a confirmed block shows it.
 */
import type { Commitment, TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { type Sender, SLOT_MS, send } from "./send.ts";

/** How long another's transaction may take from processed to confirmed before the caller is told to come back. */
const CONFIRMED_WITHIN_SLOTS = 32;
/** Looks after a refusal that says nothing of "already". */
const LOOKS_AFTER_REFUSAL = 4;
/** What one act of a batch may fail with while the others go on. */
const REFUSALS: ReadonlySet<string> = new Set(["PRG_REFUSED", "PRG_NOT_FOUND", "PRG_BAD_PROOF", "PRG_TOO_LARGE"]);
/** Times an act is begun because its transaction expired unseen. */
const MAX_TRIES = 3;

/** `done`: by this call. `already`: before it. `waiting`: its time has not come. */
export type Act = { readonly state: "done"; readonly signature: string } | { readonly state: "already" | "waiting" };
/** An act of a batch: one that is refused does not hold up the others. */
export type BatchAct = Act | { readonly state: "refused"; readonly error: ClientError };

export interface Deed {
  readonly look: (commitment: Commitment) => Promise<"due" | "already" | "waiting">;
  readonly instructions: () => Promise<readonly TransactionInstruction[]>;
  /** Errors of the programs that can mean that it is done. */
  readonly alreadyErrors: readonly string[];
  /** What it says ages: it is not begun anew with another blockhash, whoever asked looks again. */
  readonly isBegunOnce?: boolean;
}

/** Does the deed if it is due. Throws PRG_REFUSED, and PRG_UNSURE or PRG_NO_CHAIN after which it can be asked for again. */
export async function settleOnce(sender: Sender, deed: Deed): Promise<Act> {
  const maxTries = deed.isBegunOnce === true ? 1 : MAX_TRIES;
  for (let tries = 1; ; tries++) {
    const state = await deed.look("confirmed");
    if (state !== "due") return { state };
    try {
      return { state: "done", signature: await send(sender, await deed.instructions()) };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === "PRG_NOT_CONFIRMED" && tries < maxTries) continue;
      if (error.code !== "PRG_REFUSED") throw error;
      return afterRefusal(sender, deed, error);
    }
  }
}

/** `settleOnce` that gives a refusal as an answer. */
export async function settleOrRefuse(sender: Sender, deed: Deed): Promise<BatchAct> {
  try {
    return await settleOnce(sender, deed);
  } catch (error) {
    if (error instanceof ClientError && REFUSALS.has(error.code)) return { state: "refused", error };
    throw error;
  }
}

async function afterRefusal({ slotMs = SLOT_MS }: Sender, deed: Deed, refusal: ClientError): Promise<Act> {
  const name = refusal.programError?.name;
  const saysAlready = name !== undefined && deed.alreadyErrors.includes(name);
  let wasProcessed = false;
  for (let look = 0; look < (saysAlready || wasProcessed ? CONFIRMED_WITHIN_SLOTS : LOOKS_AFTER_REFUSAL); look++) {
    if (look > 0) await Bun.sleep(slotMs);
    if ((await deed.look("confirmed")) === "already") return { state: "already" };
    // Somebody's is in a block that may still be dropped: it counts once it is confirmed.
    wasProcessed ||= (await deed.look("processed")) === "already";
  }
  if (wasProcessed) return { state: "waiting" };
  throw refusal;
}
