/** The local chain, as tests and the CLI use it. */
export { ManualClock, type NodeClock, REAL_CLOCK } from "./clock.ts";
export {
  type DeployedProgram,
  deployArtifacts,
  fundWallets,
  type Wallet,
  walletsOf,
  writeKeypairs,
} from "./genesis.ts";
export { keypairFromSeed, type LocalKeypair } from "./keypair.ts";
export { type ChainSettings, type Commitment, DEFAULT_SETTINGS, LocalChain } from "./local-chain.ts";
export { LATEST, LocalNode, type NodeOptions, SLOT_MS } from "./node.ts";
export { type LocalServer, serveNode } from "./server.ts";
export { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";
export { loadSnapshot, saveSnapshot, snapshotPath } from "./snapshot-folder.ts";
export { type StartedChain, type StartOptions, startLocalnet } from "./start.ts";
