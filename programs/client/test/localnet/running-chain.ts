/** A local chain behind real sockets for one test file: fast slots, finality after two blocks, free ports. */
import { Connection, Keypair, type PublicKey } from "@solana/web3.js";
import { afterAll, beforeAll } from "vitest";
import { LocalChain, LocalNode, type LocalServer, REAL_CLOCK, serveNode } from "../../src/localnet/index.ts";

export const SEED = new Uint8Array(32).fill(7);
export const SLOT_MS = 20;
/** 1 December 2026, 00:00 UTC. */
export const START_MS = 1_796_083_200_000;

export interface RunningChain {
  readonly chain: LocalChain;
  readonly node: LocalNode;
  readonly server: LocalServer;
  readonly connection: Connection;
  stop(): Promise<void>;
  /** A new wallet with SOL. */
  funded(lamports?: number): Promise<Keypair>;
  /** One JSON-RPC call with the answer as it came. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the server says.
  call(method: string, params?: unknown): Promise<any>;
}

/** Starts the chain before the file's tests and stops it after them. */
export function runChain(folder?: string): () => RunningChain {
  let running: RunningChain | undefined;
  beforeAll(() => {
    running = startChain(folder);
  });
  afterAll(async () => {
    await running?.stop();
  });
  return () => running!;
}

export function startChain(folder?: string): RunningChain {
  const chain = LocalChain.genesis({ seed: SEED, unixMs: START_MS, settings: { finalizedAfter: 2 } });
  // Slots tick, time stands still: only warps move it.
  const clock = { ...REAL_CLOCK, now: () => START_MS };
  const node = new LocalNode({ chain, clock, slotMs: SLOT_MS, ...(folder === undefined ? {} : { folder }) });
  const server = serveNode(node, 0);
  const open = new Set<Promise<unknown>>();
  const connection = new Connection(server.url, {
    commitment: "confirmed",
    fetch: ((...args: Parameters<typeof fetch>) => {
      const request = fetch(...args);
      open.add(request);
      request.catch(() => {}).then(() => open.delete(request));
      return request;
    }) as typeof fetch,
  });
  return {
    chain,
    node,
    server,
    connection,
    async stop() {
      // web3.js asks once more after it has confirmed; nothing of it may meet a closed socket.
      while (open.size > 0) await Promise.allSettled(open);
      node.stop();
      await server.stop();
    },
    async funded(lamports = 10_000_000_000) {
      const wallet = Keypair.generate();
      await fund(connection, wallet.publicKey, lamports);
      return wallet;
    },
    async call(method, params = []) {
      return (await post(server.url, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))).json();
    },
  };
}

export function post(url: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
}

export async function fund(connection: Connection, wallet: PublicKey, lamports: number): Promise<void> {
  const signature = await connection.requestAirdrop(wallet, lamports);
  await connection.confirmTransaction({ signature, ...(await connection.getLatestBlockhash()) });
}
