/**
 * What people and oracles do on a network, as instructions: one function an act. The tests say who and when; addresses follow.
 */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import type { RootTuple } from "../../src/generated/rewards.ts";
import type { ClaimProof } from "../../src/sdk/claim-proof.ts";
import type { NetworkAddresses } from "../../src/sdk/create-network.ts";
import { deviceProof, onboardMessage } from "../../src/sdk/onboard.ts";
import { createAssociatedAccount, TOKEN_2022_PROGRAM_ID } from "../../src/sdk/token-instructions.ts";
import * as calls from "./calls.ts";
import { type Device, routerMessage } from "./device.ts";
import type { Arg } from "./idl.ts";

type Ix = TransactionInstruction;

export const openEpoch = (at: NetworkAddresses, payer: PublicKey, epoch: bigint): Ix =>
  calls.call(at, "dataCredits", "openEpoch", [epoch], { epochRecord: calls.epochRecordOf(at.dcConfig, epoch), payer });

export const submitPrice = (at: NetworkAddresses, oracle: PublicKey, epoch: bigint, priceE8: bigint): Ix =>
  calls.call(at, "dataCredits", "submitPrice", [priceE8], {
    epochRecord: calls.epochRecordOf(at.dcConfig, epoch),
    oracle,
  });

export const createDcAccount = (at: NetworkAddresses, payer: PublicKey, owner: PublicKey): Ix =>
  createAssociatedAccount(payer, owner, at.dcMint, TOKEN_2022_PROGRAM_ID);

export const mintDataCredits = (
  at: NetworkAddresses,
  payer: PublicKey,
  epoch: bigint,
  conversion: Arg,
  accounts: Readonly<Record<string, PublicKey>> = {},
): Ix =>
  calls.call(at, "dataCredits", "mintDataCredits", [conversion], {
    epochRecord: calls.epochRecordOf(at.dcConfig, epoch),
    price: calls.priceFeedOf(at.dcConfig),
    payer,
    tokenAccount: calls.tokenAccount(at, payer),
    recipient: calls.dcAccount(at, payer),
    ...accounts,
  });

export const routerAccounts = (at: NetworkAddresses, key: Uint8Array) => {
  const router = calls.routerOf(at.dcConfig, key);
  return { router, escrow: calls.escrowOf(router) };
};

export const registerRouter = (at: NetworkAddresses, authority: PublicKey, device: Device, oui = 0): readonly Ix[] => [
  deviceProof(device.key, routerMessage(at, authority, oui), device.sign(routerMessage(at, authority, oui))),
  calls.call(at, "dataCredits", "registerRouter", [{ key: device.key, oui }], {
    ...routerAccounts(at, device.key),
    authority,
    payer: authority,
  }),
];

export const fundRouter = (at: NetworkAddresses, payer: PublicKey, key: Uint8Array, amount: bigint): Ix =>
  calls.call(at, "dataCredits", "fundRouter", [amount], {
    ...routerAccounts(at, key),
    from: calls.dcAccount(at, payer),
    payer,
  });

export interface Burn {
  readonly amount: bigint;
  readonly epoch: bigint;
  readonly nonce: bigint;
}

export const burnRouter = (at: NetworkAddresses, burnAuthority: PublicKey, key: Uint8Array, burn: Burn): Ix =>
  calls.call(at, "dataCredits", "burnRouter", [{ ...burn, reportHash: new Uint8Array(32).fill(1) }], {
    ...routerAccounts(at, key),
    burnAuthority,
  });

export interface Onboarding {
  readonly device: Device;
  readonly owner: PublicKey;
  /** Pays rent and fee. */
  readonly payer: PublicKey;
  readonly maker?: PublicKey;
  readonly issuer?: PublicKey;
  readonly kind?: "full" | "light";
  readonly nonce?: bigint;
}

export const onboard = (at: NetworkAddresses, onboarding: Onboarding): readonly Ix[] => {
  const { device, owner, payer, maker = null, issuer = null, kind = "light", nonce = 1n } = onboarding;
  const hotspot = calls.hotspotOf(at.network, device.key);
  const message = onboardMessage(at, { owner, maker, kind, nonce });
  const args = { deviceKey: device.key, kind: { [kind]: {} }, nonce, antenna: { gainDdbi: 12, elevationM: 10 } };
  return [
    deviceProof(device.key, message, device.sign(message)),
    calls.call(at, "registry", "onboard", [args], {
      hotspot,
      nftMint: calls.hotspotMintOf(hotspot),
      nftAccount: calls.hotspotAccount(hotspot, owner),
      owner,
      maker,
      issuer,
      payer,
      feeAccount: calls.dcAccount(at, payer),
    }),
  ];
};

const holding = (hotspot: PublicKey, owner: PublicKey) => ({
  hotspot,
  owner,
  nftAccount: calls.hotspotAccount(hotspot, owner),
});

export interface Assertion {
  readonly cellPublic: bigint;
  readonly commitment: Uint8Array;
  readonly opening: Arg | null;
  readonly region: number;
  readonly nonce: number;
}

export const assertLocation = (at: NetworkAddresses, hotspot: PublicKey, owner: PublicKey, args: Assertion): Ix =>
  calls.call(at, "registry", "assertLocation", [args], {
    ...holding(hotspot, owner),
    payer: owner,
    feeAccount: calls.dcAccount(at, owner),
  });

export const setBeneficiary = (
  at: NetworkAddresses,
  hotspot: PublicKey,
  owner: PublicKey,
  shares: readonly Arg[],
): Ix => calls.call(at, "registry", "setBeneficiary", [{ shares }], holding(hotspot, owner));

/** Sells: the token goes to another wallet, whose account of it is made where it is missing. */
export const transferHotspot = (hotspot: PublicKey, from: PublicKey, to: PublicKey): readonly Ix[] => {
  const mint = calls.hotspotMintOf(hotspot);
  return [
    createAssociatedAccount(from, to, mint, TOKEN_2022_PROGRAM_ID),
    calls.transferChecked(calls.hotspotAccount(hotspot, from), mint, calls.hotspotAccount(hotspot, to), from, 1n, 0),
  ];
};

export const syncOwner = (at: NetworkAddresses, hotspot: PublicKey, holder: PublicKey): Ix =>
  calls.call(at, "registry", "syncOwner", [], { hotspot, nftAccount: calls.hotspotAccount(hotspot, holder) });

export const issueEpoch = (at: NetworkAddresses, payer: PublicKey, epoch: bigint): Ix =>
  calls.call(at, "rewards", "issueEpoch", [epoch], {
    epochAccount: calls.epochOf(at.distributor, epoch),
    root: calls.rootOf(at.distributor, epoch, 0),
    epochRecord: calls.epochRecordOf(at.dcConfig, epoch),
    payer,
  });

const rootAccounts = (at: NetworkAddresses, epoch: bigint, attempt: number) => ({
  root: calls.rootOf(at.distributor, epoch, attempt),
  epochAccount: calls.epochOf(at.distributor, epoch),
});

export const openAttempt = (at: NetworkAddresses, payer: PublicKey, epoch: bigint, attempt: number): Ix =>
  calls.call(at, "rewards", "openAttempt", [epoch, attempt], {
    ...rootAccounts(at, epoch, attempt),
    previous: calls.rootOf(at.distributor, epoch, Math.max(0, attempt - 1)),
    payer,
  });

export const voteRoot = (
  at: NetworkAddresses,
  oracle: PublicKey,
  epoch: bigint,
  attempt: number,
  tuple: RootTuple,
): Ix => calls.call(at, "rewards", "voteRoot", [tuple], { ...rootAccounts(at, epoch, attempt), oracle });

export const vetoRoot = (at: NetworkAddresses, guardian: PublicKey, epoch: bigint, attempt: number): Ix =>
  calls.call(at, "rewards", "vetoRoot", [], { root: calls.rootOf(at.distributor, epoch, attempt), guardian });

export const finalizeRoot = (at: NetworkAddresses, epoch: bigint, attempt: number): Ix =>
  calls.call(at, "rewards", "finalizeRoot", [], rootAccounts(at, epoch, attempt));

export const openClaim = (at: NetworkAddresses, payer: PublicKey, beneficiary: PublicKey): Ix =>
  calls.call(at, "rewards", "openClaim", [], {
    claim: calls.claimOf(at.distributor, beneficiary),
    beneficiary,
    payer,
  });

export const claim = (at: NetworkAddresses, beneficiary: PublicKey, cumulative: bigint, proof: ClaimProof): Ix =>
  calls.call(
    at,
    "rewards",
    "claim",
    [cumulative, proof.leftSiblings, proof.steps.map(({ hash, sum }) => ({ hash, sum }))],
    {
      claim: calls.claimOf(at.distributor, beneficiary),
      beneficiary,
      payout: calls.tokenAccount(at, beneficiary),
    },
  );
