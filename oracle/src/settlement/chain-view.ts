/** What the chain says of a network to whoever looks at its pages: votes on roots, proposals, what routes own and wallets have claimed. */
import { sha256 } from "@earshot/poc/protocol";
import {
  claimOf,
  epochOf,
  escrowOf,
  type NetworkAddresses,
  oracleSetOf,
  type RootTuple,
  rootOf,
  routerOf,
  type Sender,
} from "@earshot/programs-client";
import { keyOf } from "../chain/address.ts";
import { rpcCall } from "../chain/rpc-connection.ts";
import { oracleError } from "../errors.ts";
import { tokenAmount } from "./burn-chain.ts";
import type { ProposalTimes } from "./proposal-standing.ts";

/** A vote for a root. The chain keeps the tuple's digest; what it stands for is null where neither the chain nor this oracle has it. */
export interface RootVote {
  /** Base58; null for one of a set that is no longer in office. */
  readonly oracle: string | null;
  /** SHA-256 of the tuple. */
  readonly digest: Uint8Array;
  readonly tuple: Pick<RootTuple, "rootHash" | "total"> | null;
}

export interface EpochVotes {
  readonly epoch: number;
  readonly issuedAtoms: bigint;
  readonly isFinal: boolean;
  /** The final root, or the approved one; null before. */
  readonly root: Pick<RootTuple, "rootHash" | "total"> | null;
  readonly votes: readonly RootVote[];
  /** From when on the approved root can become final, Unix ms; null before, and when it is. */
  readonly vetoEndsMs: number | null;
}

export interface ChainEpochs {
  readonly nextEpoch: number;
  readonly nextFinal: number;
  /** Base58. */
  readonly oracles: readonly string[];
  readonly threshold: number;
  /** Ascending. */
  readonly epochs: readonly EpochVotes[];
}

export interface ChainProposal extends ProposalTimes {
  readonly number: number;
  readonly yesAtoms: bigint;
  readonly noAtoms: bigint;
  readonly abstainAtoms: bigint;
  readonly quorumAtoms: bigint;
  readonly passBps: number;
}

export interface ChainRouter {
  readonly balanceCredits: bigint;
  readonly fundedCredits: bigint;
  readonly burntCredits: bigint;
}

export interface ChainClaim {
  readonly claimedAtoms: bigint;
  /** Epoch of the root it was last paid by; null before its first claim. */
  readonly lastEpoch: number | null;
  /** The last epoch whose root is final; null before the first. */
  readonly finalEpoch: number | null;
}

/** `gov` is the first field of a proposal. */
const PROPOSAL_GOV_OFFSET = 0;

export class ChainView {
  readonly #reader: Pick<Sender, "connection" | "programs">;
  readonly #network: NetworkAddresses;

  constructor(reader: Pick<Sender, "connection" | "programs">, network: NetworkAddresses) {
    this.#reader = reader;
    this.#network = network;
  }

  /**
   * The last `count` issued epochs up to `to`. `ownTuple` gives what this oracle computed. Throws PRG_NO_CHAIN, ORC_RPC_FAILED (both
   * retryable), ORC_WRONG_NETWORK, as all of these do.
   */
  async epochs(
    to: number | undefined,
    count: number,
    ownTuple: (epoch: number) => Promise<RootTuple | undefined>,
  ): Promise<ChainEpochs> {
    const { programs } = this.#reader;
    const { distributor } = this.#network;
    const { firstEpoch, nextEpoch, nextFinal } = await this.#distributor();
    const set = await programs.account("rewards", "oracleSet", oracleSetOf(distributor));
    const last = Math.min(to ?? Number.MAX_SAFE_INTEGER, Number(nextEpoch) - 1);
    const first = Math.max(Number(firstEpoch), last - count + 1);
    const numbers = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
    const addresses = numbers.map((epoch) => epochOf(distributor, BigInt(epoch)));
    const issued = await programs.accountsAt("rewards", "epoch", addresses);
    const rootAddresses = issued.map((one, at) => rootOf(distributor, BigInt(numbers[at]!), (one?.attempts ?? 1) - 1));
    const roots = await programs.accountsAt("rewards", "root", rootAddresses);
    const epochs: EpochVotes[] = [];
    for (const [at, epoch] of numbers.entries()) {
      const [account, root] = [issued[at], roots[at]];
      if (account == null) continue;
      const { pool, isFinal, rootHash, rootTotal } = account;
      const approved = root != null && "approved" in root.state ? root.approved : null;
      const final = isFinal ? { rootHash, total: rootTotal } : null;
      const known = [...(root?.approved === undefined ? [] : [root.approved]), await ownTuple(epoch)];
      epochs.push({
        epoch,
        issuedAtoms: pool,
        isFinal,
        root: final ?? approved,
        votes: (root?.candidates ?? []).flatMap(({ digest, votes }) => {
          const tuple = known.find((one) => one !== undefined && Buffer.compare(tupleDigest(one), digest) === 0);
          const oracles = root?.setVersion === set?.version ? (set?.oracles ?? []) : [];
          return bitsOf(votes).map((bit) => ({
            oracle: oracles[bit]?.toBase58() ?? null,
            digest: Uint8Array.from(digest),
            tuple: tuple ?? null,
          }));
        }),
        vetoEndsMs: isFinal || approved === null ? null : Number(root!.finalFrom) * 1000,
      });
    }
    return {
      nextEpoch: Number(nextEpoch),
      nextFinal: Number(nextFinal),
      oracles: (set?.oracles ?? []).map((oracle) => oracle.toBase58()),
      threshold: set?.threshold ?? 0,
      epochs,
    };
  }

  /** All proposals, the latest first. */
  async proposals(): Promise<readonly ChainProposal[]> {
    const matches = [{ offset: PROPOSAL_GOV_OFFSET, bytes: this.#network.gov }];
    const found = await this.#reader.programs.accounts("governance", "proposal", matches);
    return found
      .map(({ account: { id, state, yes, no, abstain, quorum, passBps, end, eta, executeSeconds } }) => ({
        number: Number(id),
        state: Object.keys(state)[0] ?? "unknown",
        yesAtoms: yes,
        noAtoms: no,
        abstainAtoms: abstain,
        quorumAtoms: quorum,
        passBps,
        endMs: Number(end) * 1000,
        etaMs: Number(eta) * 1000,
        executeByMs: eta === 0n ? 0 : (Number(eta) + executeSeconds) * 1000,
        executeMs: executeSeconds * 1000,
      }))
      .sort((a, b) => b.number - a.number);
  }

  /** The account of a route key, 33 bytes; undefined where it has none. */
  async router(routeKey: Uint8Array): Promise<ChainRouter | undefined> {
    const { connection, programs } = this.#reader;
    const address = routerOf(this.#network.dcConfig, routeKey);
    const account = await programs.account("dataCredits", "router", address);
    if (account === null) return undefined;
    const escrow = await rpcCall("escrow", "getAccountInfo", () =>
      connection.getAccountInfo(escrowOf(address), "confirmed"),
    );
    return { balanceCredits: tokenAmount(escrow?.data), fundedCredits: account.funded, burntCredits: account.burned };
  }

  /** What a wallet, 32 bytes, was paid; nothing for one that never claimed. */
  async claim(wallet: Uint8Array): Promise<ChainClaim> {
    const { firstEpoch, nextFinal } = await this.#distributor();
    const address = claimOf(this.#network.distributor, keyOf(wallet));
    const claim = await this.#reader.programs.account("rewards", "claim", address);
    return {
      claimedAtoms: claim?.claimed ?? 0n,
      lastEpoch: claim === null || claim.claimed === 0n ? null : Number(claim.lastEpoch),
      finalEpoch: nextFinal === firstEpoch ? null : Number(nextFinal) - 1,
    };
  }

  async #distributor() {
    const account = await this.#reader.programs.account("rewards", "distributor", this.#network.distributor);
    if (account === null) throw oracleError("ORC_WRONG_NETWORK", "the network pays no rewards");
    return account;
  }
}

/** What the rewards program keeps of a tuple that was voted for. */
export function tupleDigest({ rootHash, total, leafCount, reportHash, parameterHash }: RootTuple): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(12));
  numbers.setBigUint64(0, total, true);
  numbers.setUint32(8, leafCount, true);
  return sha256(Buffer.concat([rootHash, new Uint8Array(numbers.buffer), reportHash, parameterHash]));
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => (mask & (1 << bit)) !== 0);
}
