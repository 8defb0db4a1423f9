/** Plays the story on two networks and tries every mutation of every instruction just before the instruction itself. */
import { type PublicKey, TransactionInstruction } from "@solana/web3.js";
import { PROGRAM_IDS, PROGRAM_NAMES } from "../../src/sdk/addresses.ts";
import { keyOf, TestChain } from "../harness/test-chain.ts";
import { createTestNetwork, type TestNetwork } from "../harness/test-network.ts";
import { idlOf, type Mutation, mixturesOf, mutationsOf, remember, titleOf } from "./mutate.ts";
import { FIRST_NETWORK } from "./story/step.ts";
import { STORY } from "./story.ts";

export interface Trial {
  /** `program.instruction`. */
  readonly title: string;
  readonly slot: string;
  readonly kind: string;
  /** The error's name; null when the mutation survived. */
  readonly error: string | null;
  /** Accounts of the transaction that are not byte for byte what they were, though it was refused. */
  readonly changed: readonly string[];
}

/** Every trial, in order. */
export async function runMutations(): Promise<readonly Trial[]> {
  const chain = new TestChain();
  const trials: Trial[] = [];
  const payer = { [FIRST_NETWORK]: 50, [FIRST_NETWORK + 1]: 50 };
  const creations = [creationOf(chain), creationOf(chain)];
  const [first, second] = [await creations[0]!(FIRST_NETWORK, payer), await creations[1]!(FIRST_NETWORK + 1, payer)];
  const steps = first.steps.map((instructions, index) => [instructions, second.steps[index]!] as const);
  for (const [own, other] of steps) play(chain, own, other, trials);
  for (const { before, build } of STORY) {
    for (const { network } of [first, second]) before?.(chain, network);
    play(chain, build(first.network), build(second.network), trials);
  }
  return trials;
}

type Steps = readonly (readonly TransactionInstruction[])[];

/** A network that is created later, step by step: the instructions are recorded, not sent. */
function creationOf(chain: TestChain) {
  return async (
    number: number,
    payers: Readonly<Record<number, number>>,
  ): Promise<{ network: TestNetwork; steps: Steps }> => {
    const steps: TransactionInstruction[][] = [];
    const network = await createTestNetwork(
      chain,
      number,
      (plan) => plan,
      (instructions) => steps.push([...instructions]),
    );
    const payer = network.wallet(payers[number] as number);
    return { network, steps: steps.map((instructions) => instructions.map((one) => paidBy(one, payer))) };
  };
}

/** The creator pays for everything; here somebody else does, so that a dropped signature is nobody else's. */
function paidBy(instruction: TransactionInstruction, payer: PublicKey): TransactionInstruction {
  if (!PROGRAM_NAMES.some((name) => PROGRAM_IDS[name].equals(instruction.programId))) return instruction;
  const at = idlOf(instruction).slots.findIndex(({ name }) => name === "payer");
  const keys = instruction.keys.map((key, index) => (index === at ? { ...key, pubkey: payer } : key));
  return new TransactionInstruction({ programId: instruction.programId, keys, data: instruction.data });
}

function play(
  chain: TestChain,
  own: readonly TransactionInstruction[],
  other: readonly TransactionInstruction[],
  trials: Trial[],
): void {
  const target = own.at(-1)!;
  const twin = other.at(-1)!;
  if (PROGRAM_NAMES.some((name) => PROGRAM_IDS[name].equals(target.programId))) {
    for (const mutation of [...mutationsOf(chain, target, twin), ...mixturesOf(target, twin)])
      trials.push(tryOne(chain, own.slice(0, -1), target, mutation));
    remember(chain, target);
  }
  chain.must(...own);
  chain.must(...other);
}

function tryOne(
  chain: TestChain,
  first: readonly TransactionInstruction[],
  original: TransactionInstruction,
  { slot, kind, instruction, accounts }: Mutation,
): Trial {
  const kept = accounts.map(({ address }) => ({ address, account: chain.account(address) }));
  for (const { address, account } of accounts) chain.set(address, account);
  const watched = new Map(
    [...original.keys, ...instruction.keys].map(({ pubkey }) => [keyOf(pubkey), pubkey] as [string, PublicKey]),
  );
  const before = [...watched.values()].map((address) => ({
    address,
    account: chain.account(address),
    image: chain.image(address),
  }));
  const { error } = chain.send(...first, instruction);
  const changed = before.filter(({ address, image }) => chain.image(address) !== image);
  // A mutation that survived must not help the next one.
  for (const { address, account } of changed) chain.set(address, account);
  for (const { address, account } of kept) chain.set(address, account);
  return {
    title: titleOf(original),
    slot,
    kind,
    error,
    changed: changed.map(({ address }) => address.toBase58()),
  };
}
