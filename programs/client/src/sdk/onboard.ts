/** Onboarding a hotspot: what its device signs, and the transaction that proves it. */
import {
  Ed25519Program,
  PublicKey as Key,
  type PublicKey,
  SYSVAR_INSTRUCTIONS_PUBKEY,
  SystemProgram,
  TransactionInstruction,
} from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { eventAuthorityOf, hotspotMintOf, hotspotOf, PROGRAM_IDS } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { dcAccountOf } from "./data-credits.ts";
import type { Programs } from "./programs.ts";
import { ASSOCIATED_TOKEN_PROGRAM_ID, associatedAccountOf, TOKEN_2022_PROGRAM_ID } from "./token-instructions.ts";

export type HotspotKind = "full" | "light";

const ED25519_TAG = 0xed;
const SECP256R1_PROGRAM = new Key("Secp256r1SigVerify1111111111111111111111111");

export interface Onboarding {
  readonly owner: PublicKey;
  /** Required for a full hotspot. */
  readonly maker: PublicKey | null;
  readonly kind: HotspotKind;
  readonly nonce: bigint;
}

/** The bytes a device signs to be onboarded. */
export function onboardMessage({ network }: NetworkAddresses, { owner, maker, kind, nonce }: Onboarding): Uint8Array {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, nonce, true);
  return Uint8Array.from([
    ...new TextEncoder().encode("earshot-onboard-v1"),
    ...network.toBytes(),
    ...owner.toBytes(),
    ...(maker ?? Key.default).toBytes(),
    kind === "full" ? 0 : 1,
    ...number,
  ]);
}

/** The precompile instruction that proves a device's signature: Ed25519, or P-256 with a low s. Throws PRG_BAD_PROOF. */
export function deviceProof(deviceKey: Uint8Array, message: Uint8Array, signature: Uint8Array): TransactionInstruction {
  if (deviceKey.length !== 33 || signature.length !== 64)
    throw new ClientError("PRG_BAD_PROOF", "a device key has 33 bytes with its tag, a signature 64");
  if (deviceKey[0] === ED25519_TAG)
    return Ed25519Program.createInstructionWithPublicKey({ publicKey: deviceKey.subarray(1), message, signature });
  return new TransactionInstruction({
    programId: SECP256R1_PROGRAM,
    keys: [],
    data: Buffer.from(signatureData(deviceKey, message, signature)),
  });
}

/** Onboards a hotspot; the payer's data credits pay the fee. The proof must stand right before the instruction. */
export async function onboardHotspot(
  programs: Programs,
  network: NetworkAddresses,
  args: Onboarding & {
    readonly payer: PublicKey;
    /** Signs for the maker. */
    readonly issuer: PublicKey | null;
    /** 33 bytes: tag, key. */
    readonly deviceKey: Uint8Array;
    readonly signature: Uint8Array;
    readonly gainDdbi: number;
    readonly elevationM: number;
  },
): Promise<readonly TransactionInstruction[]> {
  const { owner, maker, issuer, payer, deviceKey, signature, kind, nonce, gainDdbi, elevationM } = args;
  const hotspot = hotspotOf(network.network, deviceKey);
  const nftMint = hotspotMintOf(hotspot);
  const onboard = await programs.instruction(
    "registry",
    "onboard",
    [{ deviceKey, kind: kind === "full" ? { full: {} } : { light: {} }, nonce, antenna: { gainDdbi, elevationM } }],
    {
      network: network.network,
      hotspot,
      nftMint,
      nftAccount: associatedAccountOf(nftMint, owner, TOKEN_2022_PROGRAM_ID),
      owner,
      maker,
      issuer,
      payer,
      feeAccount: dcAccountOf(network, payer),
      dcConfig: network.dcConfig,
      dcMint: network.dcMint,
      dataCreditsProgram: PROGRAM_IDS.dataCredits,
      dataCreditsEventAuthority: eventAuthorityOf("dataCredits"),
      instructions: SYSVAR_INSTRUCTIONS_PUBKEY,
      nftTokenProgram: TOKEN_2022_PROGRAM_ID,
      associatedTokenProgram: ASSOCIATED_TOKEN_PROGRAM_ID,
      systemProgram: SystemProgram.programId,
    },
  );
  return [deviceProof(deviceKey, onboardMessage(network, args), signature), onboard];
}

/** SIMD-0075: one signature, all three parts in the instruction's own data (index 0xFFFF), each offset from the data's beginning. */
function signatureData(deviceKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Uint8Array {
  const own = 0xffff;
  const signatureAt = 2 + 14;
  const keyAt = signatureAt + 64;
  const messageAt = keyAt + 33;
  const data = new Uint8Array(messageAt + message.length);
  const view = new DataView(data.buffer);
  data[0] = 1;
  [signatureAt, own, keyAt, own, messageAt, message.length, own].forEach((value, index) => {
    view.setUint16(2 + index * 2, value, true);
  });
  data.set(signature, signatureAt);
  data.set(deviceKey, keyAt);
  data.set(message, messageAt);
  return data;
}
