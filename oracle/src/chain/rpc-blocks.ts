/** Finalised blocks of one RPC endpoint through web3.js; the answers are checked before anything is made of them. */
import { type Connection, PublicKey } from "@solana/web3.js";
import type { BlockReader, LinkedBlock } from "../challenges/block-reader.ts";
import { endpointName, type RpcEndpoint, rpcCall, rpcConnection } from "./rpc-connection.ts";

/** A block without transactions and rewards is under 1 kB; a list of 512 slots under 8 kB. */
const MAX_BLOCK_ANSWER_BYTES = 256 * 1024;

export class RpcBlocks implements BlockReader {
  readonly name: string;
  readonly #connection: Connection;

  constructor(endpoint: Omit<RpcEndpoint, "maxAnswerBytes">) {
    this.name = endpointName(endpoint.url);
    this.#connection = rpcConnection({ ...endpoint, maxAnswerBytes: MAX_BLOCK_ANSWER_BYTES });
  }

  finalisedSlot(): Promise<number> {
    return this.#call("getSlot", async () => checkSlot(await this.#connection.getSlot("finalized")));
  }

  slotsBetween(first: number, last: number): Promise<readonly number[]> {
    return this.#call("getBlocks", async () => {
      const slots = await this.#connection.getBlocks(first, last, "finalized");
      const isAscending = slots.every((slot, i) => slot >= first && slot <= last && (i === 0 || slot > slots[i - 1]!));
      if (!isAscending) throw new Error(`ascending slots from ${first} to ${last} expected`);
      return slots;
    });
  }

  block(slot: number): Promise<LinkedBlock> {
    return this.#call("getBlock", async () => {
      const block = await this.#connection.getBlock(slot, {
        commitment: "finalized",
        transactionDetails: "none",
        rewards: false,
        maxSupportedTransactionVersion: 0,
      });
      if (block === null) throw new Error(`no block in slot ${slot}, which was listed`);
      if (!Number.isSafeInteger(block.blockTime)) throw new Error(`block ${slot} has no time`);
      return {
        slot,
        blockTimeS: block.blockTime as number,
        blockhash: hashBytes(block.blockhash),
        parentSlot: checkSlot(block.parentSlot),
        previousBlockhash: hashBytes(block.previousBlockhash),
      };
    });
  }

  #call<T>(method: string, call: () => Promise<T>): Promise<T> {
    return rpcCall(this.name, method, call);
  }
}

function checkSlot(slot: number): number {
  if (!Number.isSafeInteger(slot) || slot < 0) throw new Error(`a slot expected, got ${slot}`);
  return slot;
}

/** The 32 bytes of a base58 hash. An address has the same form, and web3.js reads those strictly. */
function hashBytes(text: string): Uint8Array {
  return new PublicKey(text).toBytes();
}
