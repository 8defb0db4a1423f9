/** What the owner of a hotspot does with it: say where it is and with which antenna, who is paid, and pass it on. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import type { Antenna, Hotspot, Opening, Share } from "../generated/registry.ts";
import { eventAuthorityOf, hotspotMintOf } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { dcAccountOf } from "./data-credits.ts";
import type { Programs } from "./programs.ts";
import {
  associatedAccountOf,
  createAssociatedAccount,
  TOKEN_2022_PROGRAM_ID,
  transferChecked,
} from "./token-instructions.ts";

/** The wallet's account for a hotspot's token. */
export function hotspotTokenAccountOf(hotspot: PublicKey, wallet: PublicKey): PublicKey {
  return associatedAccountOf(hotspotMintOf(hotspot), wallet, TOKEN_2022_PROGRAM_ID);
}

export interface LocationAssert {
  readonly hotspot: PublicKey;
  readonly owner: PublicKey;
  /** Owns the data credits that are burnt when it is another place than before. */
  readonly payer: PublicKey;
  /** H3 index of resolution 8. */
  readonly cellPublic: bigint;
  readonly commitment: Uint8Array;
  /** Null for a private hotspot. */
  readonly opening: Opening | null;
  /** Number of the radio region. */
  readonly region: number;
  /** One more than the asserts so far. */
  readonly nonce: number;
}

/** Says where the hotspot is, from the next epoch on. */
export function assertLocation(
  programs: Programs,
  network: NetworkAddresses,
  { hotspot, owner, payer, ...args }: LocationAssert,
): Promise<TransactionInstruction> {
  return programs.instruction("registry", "assertLocation", [args], {
    network: network.network,
    hotspot,
    owner,
    nftAccount: hotspotTokenAccountOf(hotspot, owner),
    payer,
    feeAccount: dcAccountOf(network, payer),
    dcConfig: network.dcConfig,
    dcMint: network.dcMint,
    dataCreditsEventAuthority: eventAuthorityOf("dataCredits"),
  });
}

interface OwnedHotspot {
  readonly hotspot: PublicKey;
  readonly owner: PublicKey;
}

/** Says what antenna the hotspot has, from the next epoch on. */
export function setAntenna(
  programs: Programs,
  network: NetworkAddresses,
  { hotspot, owner }: OwnedHotspot,
  antenna: Antenna,
): Promise<TransactionInstruction> {
  return programs.instruction("registry", "setAntenna", [antenna], {
    network: network.network,
    hotspot,
    owner,
    nftAccount: hotspotTokenAccountOf(hotspot, owner),
  });
}

/** Says who is paid for the hotspot, from the next epoch on: one wallet, or up to six whose shares sum to 10,000. */
export function setBeneficiary(
  programs: Programs,
  network: NetworkAddresses,
  { hotspot, owner }: OwnedHotspot,
  shares: readonly Share[],
): Promise<TransactionInstruction> {
  return programs.instruction("registry", "setBeneficiary", [{ shares }], {
    network: network.network,
    hotspot,
    owner,
    nftAccount: hotspotTokenAccountOf(hotspot, owner),
  });
}

/** Writes down that a token account holds the hotspot's token; anybody may. */
export function syncOwner(
  programs: Programs,
  network: NetworkAddresses,
  hotspot: PublicKey,
  nftAccount: PublicKey,
): Promise<TransactionInstruction> {
  return programs.instruction("registry", "syncOwner", [], { network: network.network, hotspot, nftAccount });
}

/** Gives the hotspot's token to another wallet and writes that down: rewards from the next epoch on are its own. */
export async function transferHotspot(
  programs: Programs,
  network: NetworkAddresses,
  { hotspot, owner, to, payer }: OwnedHotspot & { readonly to: PublicKey; readonly payer: PublicKey },
): Promise<readonly TransactionInstruction[]> {
  const mint = hotspotMintOf(hotspot);
  const target = hotspotTokenAccountOf(hotspot, to);
  return [
    createAssociatedAccount(payer, to, mint, TOKEN_2022_PROGRAM_ID),
    transferChecked({
      mint,
      from: hotspotTokenAccountOf(hotspot, owner),
      to: target,
      owner,
      amountAtoms: 1n,
      decimals: 0,
      program: TOKEN_2022_PROGRAM_ID,
    }),
    await syncOwner(programs, network, hotspot, target),
  ];
}

/** Every hotspot of a network that a wallet owns by the registry's latest record. */
export async function hotspotsOf(
  programs: Programs,
  { network }: NetworkAddresses,
  owner: PublicKey,
): Promise<readonly { readonly address: PublicKey; readonly account: Hotspot }[]> {
  // The owner's place in the bytes varies, the network's does not.
  const all = await programs.accounts("registry", "hotspot", [{ offset: 0, bytes: network }]);
  return all.filter(({ account }) => account.owner.next.equals(owner));
}
