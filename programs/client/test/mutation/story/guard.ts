/** The guard's own instructions, on a vault and a mint of their own: elsewhere only programs call them. */
import { SystemProgram } from "@solana/web3.js";
import { ATOMS } from "../../../src/sdk/network-plan.ts";
import {
  associatedAccountOf,
  createAssociatedAccount,
  initializeMint,
  MINT_BYTES,
  mintTo,
  TOKEN_PROGRAM_ID,
} from "../../../src/sdk/token-instructions.ts";
import * as calls from "../../harness/calls.ts";
import { type TestChain, wallet } from "../../harness/test-chain.ts";
import type { TestNetwork } from "../../harness/test-network.ts";
import { none, of, type Role, run, type Step, step } from "./step.ts";

const GUARD_ARGS = { limit: 1_000n * ATOMS, windowS: 86_400, lifetimeCap: 10_000n * ATOMS };

/** A mint of the story's own, beside the network's. */
const ownMint = (network: TestNetwork) => wallet(network.number * 1_000 + 900).publicKey;
const ownAccount = (network: TestNetwork, name: Role) => associatedAccountOf(ownMint(network), of(network, name));
const ownVault = (network: TestNetwork) => calls.vaultOf(of(network, "caller"), network.at.tokenMint);
const ownVaultGuard = (network: TestNetwork) => calls.guardOf(ownVault(network));

function makeOwnMint(chain: TestChain, network: TestNetwork): void {
  const [mint, authority] = [ownMint(network), of(network, "ownMintAuthority")];
  const space = MINT_BYTES;
  const lamports = Number(chain.rentExemption(space));
  const payer = of(network, "payer");
  run(
    chain,
    SystemProgram.createAccount({
      fromPubkey: payer,
      newAccountPubkey: mint,
      lamports,
      space,
      programId: TOKEN_PROGRAM_ID,
    }),
    initializeMint(mint, 6, authority),
    ...(["ownHolder", "ownOther"] as const).map((name) => createAssociatedAccount(payer, of(network, name), mint)),
    mintTo(mint, ownAccount(network, "ownHolder"), authority, 1_000n),
  );
}

export const GUARD: readonly Step[] = [
  step(
    "guard",
    "initVaultGuard",
    (network) => [{ ...GUARD_ARGS, admin: of(network, "guardAdmin"), guardian: of(network, "guardGuardian") }],
    (network) => ({
      guard: ownVaultGuard(network),
      vault: ownVault(network),
      mint: network.at.tokenMint,
      caller: of(network, "caller"),
      payer: of(network, "payer"),
    }),
  ),
  step(
    "guard",
    "initMintGuard",
    (network) => [{ ...GUARD_ARGS, admin: of(network, "guardAdmin"), guardian: of(network, "guardGuardian") }],
    (network) => ({
      guard: calls.guardOf(ownMint(network)),
      mint: ownMint(network),
      mintAuthority: of(network, "ownMintAuthority"),
      caller: of(network, "caller"),
      payer: of(network, "payer"),
    }),
    { before: makeOwnMint },
  ),
  step(
    "guard",
    "guardedMint",
    () => [500n],
    (network) => ({
      guard: calls.guardOf(ownMint(network)),
      mint: ownMint(network),
      to: ownAccount(network, "ownHolder"),
      caller: of(network, "caller"),
    }),
  ),
  step(
    "guard",
    "guardedReissue",
    () => [200n],
    (network) => ({
      guard: calls.guardOf(ownMint(network)),
      mint: ownMint(network),
      from: ownAccount(network, "ownHolder"),
      fromAuthority: of(network, "ownHolder"),
      to: ownAccount(network, "ownOther"),
      caller: of(network, "caller"),
    }),
  ),
  step(
    "guard",
    "guardedTransfer",
    () => [100n],
    (network) => ({
      guard: ownVaultGuard(network),
      vault: ownVault(network),
      mint: network.at.tokenMint,
      to: calls.tokenAccount(network.at, of(network, "customer")),
      caller: of(network, "caller"),
    }),
    {
      before: (chain, network) => {
        const holder = of(network, "voter");
        run(chain, calls.transferTokens(calls.tokenAccount(network.at, holder), ownVault(network), holder, 10_000n));
      },
    },
  ),
  step(
    "guard",
    "guardedBurn",
    () => [100n],
    (network) => ({
      guard: ownVaultGuard(network),
      vault: ownVault(network),
      mint: network.at.tokenMint,
      caller: of(network, "caller"),
    }),
  ),
  step(
    "guard",
    "setLimits",
    (network) => [{ limit: 5_000n, windowS: 3_600, guardian: of(network, "guardGuardian") }],
    (network) => ({ guard: ownVaultGuard(network), admin: of(network, "guardAdmin") }),
  ),
  step("guard", "pause", none, (network) => ({
    guard: ownVaultGuard(network),
    guardian: of(network, "guardGuardian"),
  })),
  step("guard", "unpause", none, (network) => ({ guard: ownVaultGuard(network), admin: of(network, "guardAdmin") })),
  step(
    "guard",
    "proposeAdmin",
    (network) => [of(network, "nextGuardAdmin")],
    (network) => ({ guard: ownVaultGuard(network), admin: of(network, "guardAdmin") }),
  ),
  step("guard", "acceptAdmin", none, (network) => ({
    guard: ownVaultGuard(network),
    newAdmin: of(network, "nextGuardAdmin"),
  })),
];
