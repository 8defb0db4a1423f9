/**
 * `play-epoch`: on a local chain, moves the clock over an epoch and lets the chain's own oracles agree on rewards for it.
 *
 * It stands in for the oracle where only the chain is tried: no coverage is judged, every hotspot that takes part gets an equal share, and
 * the rest goes to the treasury. What it does on the chain is what oracles do. A cluster's clock cannot be moved: it refuses there.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PublicKey } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import type { Distributor, Epoch } from "../generated/rewards.ts";
import { epochOf } from "../sdk/addresses.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import { claimToJson } from "../sdk/claim-proof-json.ts";
import { rewardTree } from "../sdk/reward-tree.ts";
import { Settlement } from "../sdk/settlement.ts";
import type { CliContext } from "./context.ts";
import { readKeypair } from "./keys.ts";
import { integerParser, textParser } from "./parse.ts";
import { type ChainFlags, chainFlags, type Session, withSession } from "./session.ts";
import { plain, tokenText } from "./show.ts";
import { warpLocalChain } from "./warp.ts";

/** Oracles whose votes approve a root of the local network. */
const VOTERS = [1, 2, 3, 4];
const WHOLE_BPS = 10_000n;
/** What the last final root owes, by wallet. */
const OWED_FILE = "owed.json";

interface PlayFlags extends ChainFlags {
  readonly data: string;
  readonly epochs: number;
}

export const playEpochCommand = buildCommand<PlayFlags, [], CliContext>({
  docs: {
    brief: "On a local chain: let an epoch pass and its oracles pay an equal share to every hotspot",
    fullDescription:
      "A hotspot takes part from the epoch after the one it was onboarded in, so the first reward of a new one takes --epochs 2. Proofs to claim " +
      "with are written to DIR/proofs, by wallet.",
  },
  parameters: {
    flags: {
      ...chainFlags,
      data: {
        kind: "parsed",
        parse: textParser,
        brief: "Data folder of the local chain",
        default: ".earshot/localnet",
      },
      epochs: { kind: "parsed", parse: integerParser(1, 1000), brief: "Epochs to play", default: "1" },
    },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const played = [];
      for (let count = 0; count < flags.epochs; count++) played.push(await playEpoch(session, flags.data));
      const last = played.at(-1)!;
      const lines = last.proofs.map(
        ({ wallet, cumulative, path }) => `  ${wallet}  ${tokenText(cumulative)} since genesis  ${path}\n`,
      );
      return {
        json: plain(last),
        text: `epoch ${last.epoch} is final; claim with rewards claim --proof FILE --commit\n${lines.join("")}`,
      };
    });
  },
});

interface PlayedEpoch {
  readonly epoch: bigint;
  readonly proofs: readonly { readonly wallet: string; readonly cumulative: bigint; readonly path: string }[];
}

async function playEpoch(session: Session, data: string): Promise<PlayedEpoch> {
  const { network } = session;
  const oracles = VOTERS.map((number) => settlementOf(session, join(data, "keys", `oracle-${number}.json`)));
  const distributor = await distributorOf(session);
  // The oldest that is not final: one that an earlier call left behind is gone on with.
  const { nextFinal: epoch, epochSeconds, vetoSeconds } = distributor;
  const before = owedBefore(session, data, distributor);
  await passTime(session, (epoch + 1n) * BigInt(epochSeconds));
  await oracles[0]!.issue(epoch);
  const issued = await session.programs.account("rewards", "epoch", epochOf(network.distributor, epoch));
  const owed = await owedAfter(session, before, issued!);
  const tree = rewardTree(network.distributor, owed);
  const reportHash = createHash("sha256").update(`played epoch ${epoch}`).digest();
  const { rootHash, total, leafCount } = tree;
  const tuple = {
    rootHash,
    total,
    leafCount,
    reportHash: new Uint8Array(reportHash),
    parameterHash: issued!.parameterHash,
  };
  for (const oracle of oracles) await oracle.vote(epoch, tuple);
  await passTime(session, (await chainSeconds(session.connection)) + BigInt(vetoSeconds));
  if ((await oracles[0]!.finalize(epoch)).state === "waiting")
    throw new ClientError(
      "PRG_REFUSED",
      `epoch ${epoch} is not final: the oracles had voted for something else before`,
    );

  const folder = join(data, "proofs");
  mkdirSync(folder, { recursive: true });
  const proofs = owed.map(({ wallet, cumulative }) => {
    const path = join(folder, `${wallet.toBase58()}.json`);
    writeFileSync(path, `${JSON.stringify(claimToJson(tree.claimOf(wallet)))}\n`);
    return { wallet: wallet.toBase58(), cumulative, path };
  });
  writeFileSync(join(data, OWED_FILE), `${JSON.stringify(plain({ distributor: network.distributor, owed }))}\n`);
  return { epoch, proofs };
}

interface Owed {
  readonly wallet: PublicKey;
  /** Base units since genesis. */
  readonly cumulative: bigint;
}

/** What every wallet is owed with this epoch. */
async function owedAfter(
  { programs, network }: Session,
  before: readonly Owed[],
  { epoch, pool }: Epoch,
): Promise<readonly Owed[]> {
  const owed = new Map(before.map(({ wallet, cumulative }) => [wallet.toBase58(), cumulative]));
  const credit = (wallet: PublicKey, amount: bigint) =>
    owed.set(wallet.toBase58(), (owed.get(wallet.toBase58()) ?? 0n) + amount);
  const all = await programs.accounts("registry", "hotspot", [{ offset: 0, bytes: network.network }]);
  const partakers = all
    .map(({ account }) => account)
    .filter(({ onboardedEpoch, suspended }) => {
      const isSuspended = epoch >= suspended.fromEpoch ? suspended.next : suspended.current;
      return onboardedEpoch < epoch && !isSuspended;
    });
  let rest = pool;
  for (const { beneficiary } of partakers)
    for (const { wallet, bps } of (epoch >= beneficiary.fromEpoch ? beneficiary.next : beneficiary.current).shares) {
      const amount = (pool * BigInt(bps)) / (BigInt(partakers.length) * WHOLE_BPS);
      credit(wallet, amount);
      rest -= amount;
    }
  credit(network.gov, rest);
  return [...owed].map(([wallet, cumulative]) => ({ wallet: new PublicKey(wallet), cumulative }));
}

interface OwedFile {
  readonly distributor: string;
  readonly owed: readonly { readonly wallet: string; readonly cumulative: string }[];
}

/** What the last final root owes, as an earlier call noted it. Throws PRG_REFUSED where something else made that root. */
function owedBefore({ network }: Session, data: string, { finalTotal }: Distributor): readonly Owed[] {
  const path = join(data, OWED_FILE);
  const file: OwedFile | null = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
  // A chain that began anew has another distributor.
  const entries = file?.distributor === network.distributor.toBase58() ? file.owed : [];
  const owed = entries.map(({ wallet, cumulative }) => ({
    wallet: new PublicKey(wallet),
    cumulative: BigInt(cumulative),
  }));
  if (owed.reduce((sum, { cumulative }) => sum + cumulative, 0n) === finalTotal) return owed;
  throw new ClientError(
    "PRG_REFUSED",
    `${path} does not hold what the last final root owes: something else settles here`,
  );
}

function settlementOf({ connection, programs, network }: Session, path: string): Settlement {
  return new Settlement({ connection, programs, payer: readKeypair(path) }, network);
}

async function distributorOf({ programs, network }: Session): Promise<Distributor> {
  const distributor = await programs.account("rewards", "distributor", network.distributor);
  if (distributor === null) throw new ClientError("PRG_NOT_FOUND", "the network pays no rewards");
  return distributor;
}

/** Moves the local chain's clock to a time, where it is not past it. */
async function passTime({ connection }: Session, untilSeconds: bigint): Promise<void> {
  const seconds = untilSeconds - (await chainSeconds(connection));
  if (seconds > 0n) await warpLocalChain(connection, Number(seconds));
}
