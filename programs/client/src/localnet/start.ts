/** Starts a local chain on this machine: restored or fresh, programs deployed, wallets funded, sockets open. */
import { join } from "node:path";
import type { NodeClock } from "./clock.ts";
import {
  type DeployedProgram,
  deployArtifacts,
  fundWallets,
  type Wallet,
  walletsOf,
  writeKeypairs,
} from "./genesis.ts";
import { type ChainSettings, LocalChain } from "./local-chain.ts";
import { LATEST, LocalNode } from "./node.ts";
import { type LocalServer, serveNode } from "./server.ts";
import { loadSnapshot } from "./snapshot-folder.ts";

export interface StartOptions {
  readonly port: number;
  /** Snapshots and keypair files. */
  readonly folder: string;
  /** `.so` and IDL files. */
  readonly artifacts: string;
  /** Start anew even where a snapshot is. */
  readonly fresh: boolean;
  /** 32 random bytes for a new chain. */
  readonly seed: Uint8Array;
  readonly clock: NodeClock;
  readonly settings?: Partial<ChainSettings>;
  readonly slotMs?: number;
}

export interface StartedChain {
  readonly node: LocalNode;
  readonly server: LocalServer;
  readonly isRestored: boolean;
  readonly programs: readonly DeployedProgram[];
  readonly wallets: readonly Wallet[];
  /** Keypair file of every wallet. */
  readonly keypairFiles: ReadonlyMap<string, string>;
  /** Saves and closes everything. */
  stop(): Promise<void>;
}

/** Starts the chain. Throws PRG_PORT_TAKEN, PRG_BAD_SNAPSHOT. */
export function startLocalnet(options: StartOptions): StartedChain {
  const { port, folder, artifacts, fresh, seed, clock, settings, slotMs } = options;
  const saved = fresh ? null : loadSnapshot(folder, LATEST);
  const chain =
    saved ?? LocalChain.genesis({ seed, unixMs: clock.now(), ...(settings === undefined ? {} : { settings }) });
  const wallets = walletsOf(chain.seed);
  if (saved === null) fundWallets(chain, wallets);
  // Also into a restored chain: its programs follow the build.
  const programs = deployArtifacts(chain, artifacts);
  const node = new LocalNode({ chain, clock, folder, ...(slotMs === undefined ? {} : { slotMs }) });
  let server: LocalServer;
  try {
    server = serveNode(node, port);
  } catch (error) {
    node.abandon();
    throw error;
  }
  return {
    node,
    server,
    isRestored: saved !== null,
    programs,
    wallets,
    keypairFiles: writeKeypairs(join(folder, "keys"), wallets),
    async stop() {
      await server.stop();
      node.stop();
    },
  };
}
