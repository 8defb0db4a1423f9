/**
 * Everything it takes to bring a network to life, in the order the programs demand: mint, data credits, price feed, network, rewards,
 * governance, and last the mint into the guard's hands. Nobody can mint by hand afterwards.
 */
import { type Keypair, type PublicKey, SystemProgram, type TransactionInstruction } from "@solana/web3.js";
import {
  dcConfigOf,
  distributorOf,
  eventAuthorityOf,
  govOf,
  guardOf,
  lockAuthorityOf,
  locksOf,
  networkOf,
  oracleSetOf,
  PROGRAM_IDS,
  priceFeedOf,
  scheduleOf,
  vaultOf,
} from "./addresses.ts";
import type { NetworkPlan } from "./network-plan.ts";
import type { Programs } from "./programs.ts";
import {
  associatedAccountOf,
  createAssociatedAccount,
  initializeMint,
  MINT_BYTES,
  mintTo,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from "./token-instructions.ts";

/** One transaction: what it does, its instructions and who signs besides the payer. */
export interface Step {
  readonly name: string;
  /** The account that is there once it is done. */
  readonly creates: PublicKey;
  readonly instructions: readonly TransactionInstruction[];
  readonly signers: readonly Keypair[];
}

export interface NetworkAddresses {
  readonly tokenMint: PublicKey;
  readonly dcMint: PublicKey;
  readonly network: PublicKey;
  readonly dcConfig: PublicKey;
  readonly distributor: PublicKey;
  readonly gov: PublicKey;
}

/** The addresses that follow from the two mints. */
export function networkAddresses(tokenMint: PublicKey, dcMint: PublicKey): NetworkAddresses {
  const network = networkOf(tokenMint);
  return {
    tokenMint,
    dcMint,
    network,
    dcConfig: dcConfigOf(dcMint),
    distributor: distributorOf(network),
    gov: govOf(tokenMint),
  };
}

export interface Founders {
  /** Pays, and is admin of everything at first. */
  readonly admin: Keypair;
  readonly tokenMint: Keypair;
  readonly dcMint: Keypair;
  /** Lamports of rent for a plain mint, from the chain. */
  readonly mintRentLamports: number;
}

/** The transactions that create a network, in order; each depends on those before it. */
export async function createNetworkSteps(
  programs: Programs,
  founders: Founders,
  plan: NetworkPlan,
): Promise<readonly Step[]> {
  const { admin, tokenMint, dcMint } = founders;
  const at = networkAddresses(tokenMint.publicKey, dcMint.publicKey);
  const [payer, mint] = [admin.publicKey, at.tokenMint];
  const treasury = vaultOf(at.gov, mint);
  const vault = vaultOf(at.distributor, mint);
  const guardEvents = eventAuthorityOf("guard");
  const common = {
    payer,
    guardProgram: PROGRAM_IDS.guard,
    guardEventAuthority: guardEvents,
    systemProgram: SystemProgram.programId,
  };

  const initDataCredits = await programs.instruction(
    "dataCredits",
    "initDataCredits",
    [
      {
        network: at.network,
        admin: payer,
        parameters: plan.dataCredits,
        epochSeconds: plan.epochSeconds,
        mintLimit: plan.dcMintLimit,
        mintWindowS: plan.windowSeconds,
      },
    ],
    {
      ...common,
      dcConfig: at.dcConfig,
      dcMint: at.dcMint,
      tokenMint: mint,
      dcGuard: guardOf(at.dcMint),
      dcTokenProgram: TOKEN_2022_PROGRAM_ID,
    },
  );
  const initFeed = await programs.instruction("dataCredits", "initFeed", [plan.feed], {
    priceFeed: priceFeedOf(at.dcConfig),
    dcConfig: at.dcConfig,
    admin: payer,
    payer,
    systemProgram: SystemProgram.programId,
  });
  const createNetwork = await programs.instruction(
    "registry",
    "createNetwork",
    [{ admin: payer, wireId: plan.wireId, settings: plan.settings, parameterHash: plan.parameterHash }],
    {
      network: at.network,
      tokenMint: mint,
      mintAuthority: payer,
      dcConfig: at.dcConfig,
      payer,
      systemProgram: SystemProgram.programId,
    },
  );
  const initGov = await programs.instruction(
    "governance",
    "initGov",
    [
      {
        rules: plan.governance,
        epochSeconds: plan.epochSeconds,
        treasuryGuardian: plan.guardian,
        treasuryLimit: plan.treasuryLimit,
        treasuryWindowS: plan.windowSeconds,
      },
    ],
    {
      ...common,
      gov: at.gov,
      mint,
      mintAuthority: payer,
      lockAuthority: lockAuthorityOf(at.gov),
      locks: locksOf(at.gov),
      treasury,
      treasuryGuard: guardOf(treasury),
      tokenProgram: TOKEN_PROGRAM_ID,
    },
  );
  const initDistributor = await programs.instruction(
    "rewards",
    "initDistributor",
    [
      {
        admin: payer,
        config: plan.distributor,
        settings: plan.issue,
        oracles: plan.oracles,
        firstEpoch: plan.firstEpoch,
        vaultLimit: plan.vaultLimit,
        vaultWindowS: plan.windowSeconds,
      },
    ],
    {
      ...common,
      distributor: at.distributor,
      oracleSet: oracleSetOf(at.distributor),
      network: at.network,
      networkAdmin: payer,
      tokenMint: mint,
      treasury,
      vault,
      vaultGuard: guardOf(vault),
      tokenProgram: TOKEN_PROGRAM_ID,
    },
  );
  const initSchedule = await programs.instruction("rewards", "initSchedule", [plan.periods], {
    schedule: scheduleOf(at.distributor),
    distributor: at.distributor,
    admin: payer,
    payer,
    systemProgram: SystemProgram.programId,
  });
  const guardMint = await programs.instruction(
    "guard",
    "initMintGuard",
    [
      {
        admin: payer,
        guardian: plan.guardian,
        limit: plan.mintLimit,
        windowS: plan.windowSeconds,
        lifetimeCap: plan.mintLifetimeCap,
      },
    ],
    {
      guard: guardOf(mint),
      mint,
      mintAuthority: payer,
      caller: at.distributor,
      payer,
      tokenProgram: TOKEN_PROGRAM_ID,
      systemProgram: SystemProgram.programId,
    },
  );

  return [
    { name: "create the token", creates: mint, instructions: createMint(founders, plan), signers: [tokenMint] },
    ...plan.genesis.map(({ wallet, amountAtoms }) => ({
      name: `mint ${amountAtoms} to ${wallet.toBase58()}`,
      creates: associatedAccountOf(mint, wallet),
      instructions: mintToWallet(payer, mint, wallet, amountAtoms),
      signers: [],
    })),
    { name: "create the data credits", creates: at.dcConfig, instructions: [initDataCredits], signers: [dcMint] },
    { name: "create the price feed", creates: priceFeedOf(at.dcConfig), instructions: [initFeed], signers: [] },
    { name: "create the network", creates: at.network, instructions: [createNetwork], signers: [] },
    { name: "create the governance", creates: at.gov, instructions: [initGov], signers: [] },
    { name: "create the rewards", creates: at.distributor, instructions: [initDistributor], signers: [] },
    {
      name: "write the emission schedule",
      creates: scheduleOf(at.distributor),
      instructions: [initSchedule],
      signers: [],
    },
    { name: "hand the mint to the guard", creates: guardOf(mint), instructions: [guardMint], signers: [] },
  ];
}

function createMint(
  { admin, tokenMint, mintRentLamports }: Founders,
  { decimals }: NetworkPlan,
): TransactionInstruction[] {
  return [
    SystemProgram.createAccount({
      fromPubkey: admin.publicKey,
      newAccountPubkey: tokenMint.publicKey,
      lamports: mintRentLamports,
      space: MINT_BYTES,
      programId: TOKEN_PROGRAM_ID,
    }),
    initializeMint(tokenMint.publicKey, decimals, admin.publicKey),
  ];
}

function mintToWallet(
  payer: PublicKey,
  mint: PublicKey,
  wallet: PublicKey,
  amountAtoms: bigint,
): TransactionInstruction[] {
  return [
    createAssociatedAccount(payer, wallet, mint),
    mintTo(mint, associatedAccountOf(mint, wallet), payer, amountAtoms),
  ];
}
