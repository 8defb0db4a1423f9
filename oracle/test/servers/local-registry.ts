/** A network of short epochs on a local chain behind its sockets, whose clock runs, and hotspots that are onboarded to it. */
import { writeFileSync } from "node:fs";
import { latLngToCell } from "@earshot/geo";
import type { DeviceSigner } from "@earshot/poc/protocol";
import {
  ARTIFACTS,
  ATOMS,
  assertLocation,
  type BatchAct,
  type ClaimProof,
  claimOf,
  claimOne,
  createNetworkSteps,
  hiddenLocation,
  hotspotOf,
  makerOf,
  makerStakeOf,
  mintDataCredits,
  type NetworkAddresses,
  networkAddresses,
  onboardHotspot,
  onboardMessage,
  openEpochRecord,
  oracleSetOf,
  Programs,
  presetHash,
  type Sender,
  send,
  standardPlan,
  submitPrice,
} from "@earshot/programs-client";
import {
  deployArtifacts,
  LocalChain,
  LocalNode,
  type LocalServer,
  REAL_CLOCK,
  serveNode,
} from "@earshot/programs-client/localnet";
import {
  Connection,
  Keypair,
  LAMPORTS_PER_SOL,
  PublicKey,
  SystemProgram,
  type TransactionInstruction,
} from "@solana/web3.js";

const SLOT_MS = 40;
const key = (number: number) => Keypair.fromSeed(new Uint8Array(32).fill(number));
const [admin, guardian, tokenMint, dcMint, owner] = [21, 22, 23, 24, 25].map(key) as [
  Keypair,
  Keypair,
  Keypair,
  Keypair,
  Keypair,
];
const neighbour = key(26);
const allOracles = [31, 32, 33].map(key);
const MAKER = "Acme";
const TOKEN_PROGRAM = new PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/** EU868. */
const REGION = 1;

export interface RegistrySettings {
  /** Oracles in office: all of 3, both of 2, or 1 alone decide. */
  readonly oracles?: 1 | 2 | 3;
  /** An epoch without it. */
  readonly vetoSeconds?: number;
}

/** Where a hotspot stands, and whose it is. */
export interface Site {
  readonly latDeg: number;
  readonly lngDeg: number;
  readonly isNeighbours: boolean;
}

export class LocalRegistry {
  readonly epochSeconds: number;
  readonly #settings: RegistrySettings;
  readonly addresses: NetworkAddresses = networkAddresses(tokenMint.publicKey, dcMint.publicKey);
  readonly #chain: LocalChain;
  readonly #node: LocalNode;
  #server: LocalServer;
  readonly #programs: Programs;
  readonly #connection: Connection;
  #firstEpoch = 0;

  private constructor(epochSeconds: number, settings: RegistrySettings) {
    this.epochSeconds = epochSeconds;
    this.#settings = settings;
    this.#chain = LocalChain.genesis({
      seed: new Uint8Array(32).fill(7),
      unixMs: Date.now(),
      settings: { finalizedAfter: 3 },
    });
    deployArtifacts(this.#chain, ARTIFACTS);
    for (const { publicKey } of [admin, guardian, owner, neighbour, ...allOracles]) {
      this.#chain.airdrop(publicKey.toBase58(), BigInt(100 * LAMPORTS_PER_SOL));
    }
    this.#node = new LocalNode({ chain: this.#chain, clock: REAL_CLOCK, slotMs: SLOT_MS });
    this.#server = serveNode(this.#node, 0);
    this.#connection = new Connection(this.#server.url, "confirmed");
    this.#programs = new Programs(this.#connection);
  }

  /** A chain with a network, a maker, and an owner with data credits. */
  static async start(epochSeconds: number, settings: RegistrySettings = {}): Promise<LocalRegistry> {
    const registry = new LocalRegistry(epochSeconds, settings);
    await registry.#found();
    return registry;
  }

  get url(): string {
    return this.#server.url;
  }

  /** The first that is issued: what chain and oracles say of nothing before it is of no epoch. */
  get firstEpoch(): number {
    return this.#firstEpoch;
  }

  /** Address of the network's account in base58. */
  get account(): string {
    return this.addresses.network.toBase58();
  }

  /** The endpoint is gone; the chain goes on. */
  async cut(): Promise<void> {
    await this.#server.stop();
  }

  /** The endpoint is back at its address. */
  restore(): void {
    this.#server = serveNode(this.#node, Number(new URL(this.#server.url).port));
  }

  /** The token's mint in base58. */
  get tokenMint(): string {
    return this.addresses.tokenMint.toBase58();
  }

  /** Writes the keypair file of an oracle's wallet, in office or not; the first one's if not told otherwise. */
  writeOracleKey(path: string, oracle = 0): void {
    writeFileSync(path, JSON.stringify([...allOracles[oracle]!.secretKey]), { mode: 0o600 });
  }

  /** Puts one wallet in office in place of all: what governance executes. */
  async rotateOracles(oracle: number): Promise<void> {
    const { distributor } = this.addresses;
    const oracles = { oracles: [allOracles[oracle]!.publicKey], threshold: 1 };
    const accounts = { oracleSet: oracleSetOf(distributor), distributor, admin: admin.publicKey };
    await this.#send(admin, [await this.#programs.instruction("rewards", "rotateOracles", [oracles], accounts)]);
  }

  /** Schedules rules by their hash, 32 bytes: what governance executes. */
  async setParameters(hash: Uint8Array, fromEpoch: number): Promise<void> {
    const accounts = { network: this.addresses.network, admin: admin.publicKey };
    const args = [hash, BigInt(fromEpoch)] as const;
    await this.#send(admin, [await this.#programs.instruction("registry", "setParameters", args, accounts)]);
  }

  /** What a wallet was paid, base units. */
  async paid(wallet: string): Promise<bigint> {
    const address = claimOf(this.addresses.distributor, new PublicKey(wallet));
    return (await this.#programs.account("rewards", "claim", address))?.claimed ?? 0n;
  }

  /** Pays a wallet with a proof that an oracle gave. */
  async claim(wallet: string, cumulative: bigint, proof: ClaimProof): Promise<BatchAct> {
    return claimOne(this.#sender(owner), this.addresses, { beneficiary: new PublicKey(wallet), cumulative, proof });
  }

  get #oracles(): readonly Keypair[] {
    return allOracles.slice(0, this.#settings.oracles ?? allOracles.length);
  }

  /** Onboards a device as a full hotspot and asserts a place, hidden without a site; it takes part from the next epoch on. */
  async onboard(device: DeviceSigner, site?: Site): Promise<void> {
    const holder = site?.isNeighbours === true ? neighbour : owner;
    const maker = makerOf(this.addresses.network, MAKER);
    const onboarding = { owner: holder.publicKey, maker, kind: "full" as const, nonce: 1n };
    const instructions = await onboardHotspot(this.#programs, this.addresses, {
      ...onboarding,
      payer: owner.publicKey,
      issuer: owner.publicKey,
      deviceKey: device.publicKey,
      signature: device.sign(onboardMessage(this.addresses, onboarding)),
      gainDdbi: 12,
      elevationM: 10,
    });
    await this.#send(owner, instructions);
    const place = await assertLocation(this.#programs, this.addresses, {
      hotspot: hotspotOf(this.addresses.network, device.publicKey),
      owner: holder.publicKey,
      payer: owner.publicKey,
      ...placeOf(site),
      region: REGION,
      nonce: 1,
    });
    await this.#send(owner, [place], holder === owner ? [] : [holder]);
  }

  /** Suspends a hotspot from the next epoch on, or reinstates it. */
  async suspend(deviceKey: Uint8Array, isSuspended: boolean): Promise<void> {
    const hotspot = hotspotOf(this.addresses.network, deviceKey);
    const instruction = await this.#programs.instruction("registry", "setSuspended", [isSuspended], {
      network: this.addresses.network,
      hotspot,
      authority: admin.publicKey,
    } as never);
    await this.#send(admin, [instruction]);
  }

  /** Address of a hotspot's account, 32 bytes. */
  addressOf(deviceKey: Uint8Array): Uint8Array {
    return hotspotOf(this.addresses.network, deviceKey).toBytes();
  }

  /** The account of a hotspot as Anchor reads it. */
  async hotspot(deviceKey: Uint8Array): Promise<Record<string, unknown> | null> {
    return this.#programs.account(
      "registry",
      "hotspot",
      hotspotOf(this.addresses.network, deviceKey),
    ) as Promise<Record<string, unknown> | null>;
  }

  async stop(): Promise<void> {
    this.#node.stop();
    await this.#server.stop();
  }

  async #found(): Promise<void> {
    // The running one may be over before its account is made, which the program refuses.
    this.#firstEpoch = Math.floor(Date.now() / 1000 / this.epochSeconds) + 1;
    const standard = standardPlan({
      admin: admin.publicKey,
      guardian: guardian.publicKey,
      oracles: this.#oracles.map(({ publicKey }) => publicKey),
      genesis: [{ wallet: owner.publicKey, amountAtoms: 100_000n * ATOMS }],
      parameterHash: presetHash(this.epochSeconds, this.addresses),
      firstEpoch: BigInt(this.#firstEpoch),
      epochSeconds: this.epochSeconds,
    });
    const plan = {
      ...standard,
      distributor: {
        ...standard.distributor,
        vetoSeconds: this.#settings.vetoSeconds ?? standard.distributor.vetoSeconds,
      },
      // Local networks: agents let only private ones hurry.
      wireId: 3,
    };
    const mintRentLamports = await this.#connection.getMinimumBalanceForRentExemption(82);
    const founders = { admin, tokenMint, dcMint, mintRentLamports };
    for (const { instructions, signers } of await createNetworkSteps(this.#programs, founders, plan)) {
      await this.#send(admin, instructions, signers);
    }
    await this.#buyDataCredits();
    const { network } = this.addresses;
    const maker = makerOf(network, MAKER);
    const accounts = {
      network,
      maker,
      stakeVault: makerStakeOf(maker),
      tokenMint: tokenMint.publicKey,
      tokenProgram: TOKEN_PROGRAM,
    };
    const register = await this.#programs.instruction(
      "registry",
      "registerMaker",
      [{ name: MAKER, issuer: owner.publicKey }],
      { ...accounts, admin: owner.publicKey, payer: owner.publicKey, systemProgram: SystemProgram.programId } as never,
    );
    await this.#send(owner, [register]);
    const approve = await this.#programs.instruction("registry", "approveMaker", [], {
      ...accounts,
      admin: admin.publicKey,
    } as never);
    await this.#send(admin, [approve]);
  }

  /** In the epoch that runs, which may end between two transactions. */
  async #buyDataCredits(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const epoch = BigInt(Math.floor(Date.now() / 1000 / this.epochSeconds));
      try {
        await this.#send(admin, [await openEpochRecord(this.#programs, this.addresses, admin.publicKey, epoch)]);
        for (const oracle of this.#oracles) {
          const say = { oracle: oracle.publicKey, epoch, priceE8: 50_000_000n };
          await this.#send(oracle, [await submitPrice(this.#programs, this.addresses, say)]);
        }
        const mint = await mintDataCredits(this.#programs, this.addresses, {
          payer: owner.publicKey,
          recipient: owner.publicKey,
          epoch,
          dataCredits: 100_000_000n,
          mostAtoms: 10_000n * ATOMS,
        });
        await this.#send(owner, mint);
        return;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }

  async #send(payer: Keypair, instructions: readonly TransactionInstruction[], signers: readonly Keypair[] = []) {
    await send(this.#sender(payer), instructions, signers);
  }

  #sender(payer: Keypair): Sender {
    return { connection: this.#connection, programs: this.#programs, payer, slotMs: SLOT_MS };
  }
}

function placeOf(site: Site | undefined) {
  if (site === undefined) {
    return { cellPublic: 0x08828308281fffffn, commitment: new Uint8Array(32).fill(1), opening: null };
  }
  return hiddenLocation(latLngToCell(site.latDeg, site.lngDeg, 12), new Uint8Array(32).fill(9));
}
