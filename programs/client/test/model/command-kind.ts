/** What a command of the random model is, and the small pieces all of them use. */
import type { TransactionInstruction } from "@solana/web3.js";
import fc from "fast-check";
import { type NetworkModel, WALLETS } from "./world.ts";

/** What a command does: the model's answer, and the instructions; none when it is not about the chain's programs. */
export interface Outcome {
  readonly expected: string | null;
  readonly instructions: readonly TransactionInstruction[];
}

export interface CommandKind<P> {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  readonly parameters: fc.Arbitrary<P>;
  /** One outcome, or several one after the other: each is asked for when the one before has been sent. */
  readonly act: (model: NetworkModel, parameters: P) => Outcome | Iterable<Outcome>;
}

// biome-ignore lint/suspicious/noExplicitAny: each kind has parameters of its own, which only its own act reads.
export type AnyKind = CommandKind<any>;

export const U64_MAX = 2n ** 64n - 1n;
export const below = (count: number) => fc.nat({ max: count - 1 });
export const wallet = below(WALLETS);

export const one = (expected: string | null, ...instructions: readonly TransactionInstruction[]): Outcome => ({
  expected,
  instructions,
});

export const kind = <P>(
  name: string,
  weight: number,
  parameters: fc.Arbitrary<P>,
  act: (model: NetworkModel, parameters: P) => Outcome | Iterable<Outcome>,
): CommandKind<P> => ({ name, weight, parameters, act });
