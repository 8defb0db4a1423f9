/** What a step of the story is, who plays in it, and how time passes. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import type { ProgramName } from "../../../src/sdk/addresses.ts";
import * as calls from "../../harness/calls.ts";
import type { Arg } from "../../harness/idl.ts";
import type { TestChain } from "../../harness/test-chain.ts";
import { DAY_S, type TestNetwork } from "../../harness/test-network.ts";

/** One instruction, and what must stand before it. */
export interface Step {
  readonly name: string;
  /** Changes the chain before the instruction is looked at: time, a price account, a transfer. */
  readonly before?: (chain: TestChain, network: TestNetwork) => void;
  /** The instructions; the last one is the step's. */
  readonly build: (network: TestNetwork) => readonly TransactionInstruction[];
}

export const HASH = new Uint8Array(32).fill(0x77);
/** A wallet's role by its number in the network. */
export const role = {
  payer: 50,
  owner: 51,
  buyer: 52,
  maker: 53,
  issuer: 54,
  nextMaker: 55,
  caller: 60,
  guardAdmin: 61,
  guardGuardian: 62,
  nextGuardAdmin: 63,
  ownMintAuthority: 64,
  ownHolder: 65,
  ownOther: 66,
  nextAdmin: 70,
  rentPayer: 71,
  voter: 22,
  customer: 21,
} as const;
export type Role = keyof typeof role;
export const of = (network: TestNetwork, name: Role): PublicKey => network.wallet(role[name]);

export const step = (
  program: ProgramName,
  name: string,
  args: (network: TestNetwork) => readonly Arg[],
  accounts: (network: TestNetwork) => Readonly<Record<string, PublicKey | null>>,
  more: {
    readonly before?: Step["before"];
    readonly first?: (network: TestNetwork) => readonly TransactionInstruction[];
  } = {},
): Step => ({
  name: `${program}.${name}`,
  ...(more.before === undefined ? {} : { before: more.before }),
  build: (network) => [
    ...(more.first?.(network) ?? []),
    calls.call(network.at, program, name, args(network), accounts(network)),
  ],
});

export const none = () => [];
export const run = (chain: TestChain, ...instructions: TransactionInstruction[]) => void chain.must(...instructions);

export const days = (count: bigint) => (chain: TestChain) => {
  chain.now += count * DAY_S;
};
/** The first network of the two moves the clock for both. */
export const onceDays = (count: bigint) => (chain: TestChain, network: TestNetwork) => {
  if (isFirst(network)) days(count)(chain);
};
export const isFirst = (network: TestNetwork) => network.number === FIRST_NETWORK;
export const FIRST_NETWORK = 1;
