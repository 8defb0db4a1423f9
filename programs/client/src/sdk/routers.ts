/** A customer's router account: opening it by the route key's signature, putting data credits in, burning a bill from it. */
import { type PublicKey, SYSVAR_INSTRUCTIONS_PUBKEY, type TransactionInstruction } from "@solana/web3.js";
import { escrowOf, guardOf, routerOf } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { dcAccountOf } from "./data-credits.ts";
import { deviceProof } from "./onboard.ts";
import type { Programs } from "./programs.ts";

/** The bytes a route key signs to open its account. `oui` is 0 for none. */
export function routerMessage({ dcConfig }: NetworkAddresses, authority: PublicKey, oui: number): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, oui, true);
  return Uint8Array.from([
    ...new TextEncoder().encode("earshot-router-v1"),
    ...dcConfig.toBytes(),
    ...authority.toBytes(),
    ...number,
  ]);
}

/** Opens the account of a route key (33 bytes with its tag); the proof stands right before the instruction. Throws PRG_BAD_PROOF. */
export async function registerRouter(
  programs: Programs,
  network: NetworkAddresses,
  args: {
    readonly routeKey: Uint8Array;
    readonly signature: Uint8Array;
    /** The wallet in whose name packets are paid; signs. */
    readonly authority: PublicKey;
    readonly payer: PublicKey;
    readonly oui: number;
  },
): Promise<readonly TransactionInstruction[]> {
  const { routeKey, signature, authority, payer, oui } = args;
  const { dcConfig, dcMint } = network;
  const router = routerOf(dcConfig, routeKey);
  return [
    deviceProof(routeKey, routerMessage(network, authority, oui), signature),
    await programs.instruction("dataCredits", "registerRouter", [{ key: routeKey, oui }], {
      router,
      escrow: escrowOf(router),
      dcConfig,
      dcMint,
      authority,
      payer,
      instructions: SYSVAR_INSTRUCTIONS_PUBKEY,
    }),
  ];
}

/** Puts data credits of the payer into a router's escrow; they cannot come back. */
export function fundRouter(
  programs: Programs,
  network: NetworkAddresses,
  args: { readonly routeKey: Uint8Array; readonly payer: PublicKey; readonly dataCredits: bigint },
): Promise<TransactionInstruction> {
  const { routeKey, payer, dataCredits } = args;
  const { dcConfig, dcMint } = network;
  const router = routerOf(dcConfig, routeKey);
  return programs.instruction("dataCredits", "fundRouter", [dataCredits], {
    dcConfig,
    router,
    escrow: escrowOf(router),
    dcMint,
    from: dcAccountOf(network, payer),
    payer,
    dcGuard: guardOf(dcMint),
  });
}

/** What a customer owes for an epoch. */
export interface RouterBill {
  /** 33 bytes with the tag. */
  readonly routeKey: Uint8Array;
  /** One more than the router's bill before, counting from 1. Numbered once, before the first try, and kept: it is what makes a bill the same. */
  readonly nonce: bigint;
  readonly epoch: bigint;
  /** Data credits. */
  readonly amount: bigint;
  /** SHA-256 of the bill. */
  readonly reportHash: Uint8Array;
}

/** Burns a bill from its router's escrow. */
export function burnRouter(
  programs: Programs,
  { dcConfig, dcMint }: NetworkAddresses,
  burnAuthority: PublicKey,
  { routeKey, amount, epoch, nonce, reportHash }: RouterBill,
): Promise<TransactionInstruction> {
  const router = routerOf(dcConfig, routeKey);
  return programs.instruction("dataCredits", "burnRouter", [{ amount, epoch, nonce, reportHash }], {
    dcConfig,
    router,
    escrow: escrowOf(router),
    dcMint,
    burnAuthority,
  });
}
