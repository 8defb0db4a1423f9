/** What a method of the RPC is: a function of the node and its parameters. */
import type { LocalChain } from "../local-chain.ts";
import type { Params } from "./params.ts";

/** The node that methods act on. */
export interface RpcNode {
  readonly chain: LocalChain;
  /** The outside clock, Unix milliseconds. */
  now(): number;
  /** Saves the chain under a name; gives the file. */
  snapshot(name: string): string;
  /** Replaces the chain by the one saved under a name. */
  restore(name: string): void;
}

export type Method = (node: RpcNode, params: Params) => unknown;
export type MethodTable = Readonly<Record<string, Method>>;
