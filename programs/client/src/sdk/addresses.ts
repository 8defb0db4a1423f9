/**
 * Where every account of the five programs lies. Source: the table of programs/README.md; numbers in seeds are little-endian.
 *
 * Names follow the accounts; device and route keys are 33 bytes with their tag.
 */
import { createHash } from "node:crypto";
import { PublicKey } from "@solana/web3.js";
import { PROGRAM_ADDRESSES } from "../generated/program-addresses.ts";

/** The ids the programs declare: those of the artefacts' IDLs. */
export const PROGRAM_IDS = {
  guard: new PublicKey(PROGRAM_ADDRESSES.guard),
  registry: new PublicKey(PROGRAM_ADDRESSES.registry),
  dataCredits: new PublicKey(PROGRAM_ADDRESSES.dataCredits),
  rewards: new PublicKey(PROGRAM_ADDRESSES.rewards),
  governance: new PublicKey(PROGRAM_ADDRESSES.governance),
} as const;

export type ProgramName = keyof typeof PROGRAM_IDS;
export const PROGRAM_NAMES = Object.keys(PROGRAM_IDS) as readonly ProgramName[];

type Seed = string | Uint8Array | PublicKey;

function derive(program: ProgramName, ...seeds: readonly Seed[]): PublicKey {
  const bytes = seeds.map((seed) => {
    if (typeof seed === "string") return new TextEncoder().encode(seed);
    return seed instanceof PublicKey ? seed.toBytes() : seed;
  });
  return PublicKey.findProgramAddressSync(bytes, PROGRAM_IDS[program])[0];
}

/** Signs a program's events. */
export const eventAuthorityOf = (program: ProgramName) => derive(program, "__event_authority");

export const guardOf = (mintOrVault: PublicKey) => derive("guard", "guard", mintOrVault);
export const vaultOf = (caller: PublicKey, mint: PublicKey) => derive("guard", "vault", caller, mint);

export const dcConfigOf = (dcMint: PublicKey) => derive("dataCredits", "dc", dcMint);
export const priceFeedOf = (dcConfig: PublicKey) => derive("dataCredits", "price", dcConfig);
export const epochRecordOf = (dcConfig: PublicKey, epoch: bigint) =>
  derive("dataCredits", "epoch", dcConfig, u64(epoch));
export const routerOf = (dcConfig: PublicKey, routeKey: Uint8Array) =>
  derive("dataCredits", "router", dcConfig, sha256(routeKey));
export const escrowOf = (router: PublicKey) => derive("dataCredits", "escrow", router);

export const networkOf = (tokenMint: PublicKey) => derive("registry", "network", tokenMint);
export const makerOf = (network: PublicKey, name: string) =>
  derive("registry", "maker", network, sha256(new TextEncoder().encode(name)));
export const makerStakeOf = (maker: PublicKey) => derive("registry", "stake", maker);
export const hotspotOf = (network: PublicKey, deviceKey: Uint8Array) =>
  derive("registry", "hotspot", network, sha256(deviceKey));
export const hotspotMintOf = (hotspot: PublicKey) => derive("registry", "hotspot_nft", hotspot);

export const distributorOf = (network: PublicKey) => derive("rewards", "dist", network);
export const scheduleOf = (distributor: PublicKey) => derive("rewards", "schedule", distributor);
export const oracleSetOf = (distributor: PublicKey) => derive("rewards", "oracles", distributor);
export const epochOf = (distributor: PublicKey, epoch: bigint) => derive("rewards", "epoch", distributor, u64(epoch));
export const rootOf = (distributor: PublicKey, epoch: bigint, attempt: number) =>
  derive("rewards", "root", distributor, u64(epoch), u16(attempt));
export const claimOf = (distributor: PublicKey, wallet: PublicKey) => derive("rewards", "claim", distributor, wallet);
export const logHeadsOf = (distributor: PublicKey, oracle: PublicKey) => derive("rewards", "log", distributor, oracle);

export const govOf = (tokenMint: PublicKey) => derive("governance", "gov", tokenMint);
export const locksOf = (gov: PublicKey) => derive("governance", "locks", gov);
export const lockAuthorityOf = (gov: PublicKey) => derive("governance", "lock_authority", gov);
export const positionOf = (gov: PublicKey, owner: PublicKey, id: bigint) =>
  derive("governance", "pos", gov, owner, u64(id));
export const proposalOf = (gov: PublicKey, id: bigint) => derive("governance", "prop", gov, u64(id));
export const voteOf = (proposal: PublicKey, position: PublicKey) => derive("governance", "vote", proposal, position);

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}
