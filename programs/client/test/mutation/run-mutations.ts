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
  const trials: Trial[] = [];
  await tell((chain, own, twin) => {
    const target = own.at(-1)!;
    for (const mutation of [...mutationsOf(chain, target, twin), ...mixturesOf(target, twin)])
      trials.push(tryOne(chain, own.slice(0, -1), target, mutation));
    remember(chain, target);
  });
  return trials;
}

/** What each instruction costs where it succeeds: compute units of the dearest. */
export async function unitsOfStory(): Promise<ReadonlyMap<string, number>> {
  const units = new Map<string, number>();
  await tell(
    () => {},
    (title, used) => units.set(title, Math.max(used, units.get(title) ?? 0)),
  );
  return units;
}

type Before = (chain: TestChain, own: readonly TransactionInstruction[], twin: TransactionInstruction) => void;

/** Plays the story; `before` sees each of our instructions before it is executed, `after` what it cost. */
async function tell(before: Before, after: (title: string, units: number) => void = () => {}): Promise<void> {
  const chain = new TestChain();
  const [first, second] = [await recordCreation(chain, FIRST_NETWORK), await recordCreation(chain, FIRST_NETWORK + 1)];
  const play = (own: readonly TransactionInstruction[], other: readonly TransactionInstruction[]) => {
    const [target, twin] = [own.at(-1)!, other.at(-1)!];
    if (isOurs(target)) before(chain, own, twin);
    for (const instructions of [own, other]) {
      const { units } = chain.must(...instructions);
      if (isOurs(target)) after(titleOf(target), units);
    }
  };
  for (const [index, own] of first.steps.entries()) play(own, second.steps[index]!);
  for (const step of STORY) {
    for (const { network } of [first, second]) step.before?.(chain, network);
    play(step.build(first.network), step.build(second.network));
  }
}

const isOurs = ({ programId }: TransactionInstruction) =>
  PROGRAM_NAMES.some((name) => PROGRAM_IDS[name].equals(programId));

type Steps = readonly (readonly TransactionInstruction[])[];

/** A network that is created later, step by step: the instructions are kept, not sent. */
async function recordCreation(chain: TestChain, number: number): Promise<{ network: TestNetwork; steps: Steps }> {
  const steps: TransactionInstruction[][] = [];
  const keep = (instructions: readonly TransactionInstruction[]) => void steps.push([...instructions]);
  const network = await createTestNetwork(chain, number, (plan) => plan, keep);
  const payer = network.wallet(50);
  return { network, steps: steps.map((instructions) => instructions.map((one) => paidBy(one, payer))) };
}

/** The creator pays for everything; here somebody else does, so that a dropped signature is nobody else's. */
function paidBy(instruction: TransactionInstruction, payer: PublicKey): TransactionInstruction {
  if (!isOurs(instruction)) return instruction;
  const at = idlOf(instruction).slots.findIndex(({ name }) => name === "payer");
  const keys = instruction.keys.map((key, index) => (index === at ? { ...key, pubkey: payer } : key));
  return new TransactionInstruction({ programId: instruction.programId, keys, data: instruction.data });
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
