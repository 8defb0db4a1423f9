/** `gov lock|extend|top-up|unlock|withdraw|positions`: locked tokens and what they weigh. */
import type { PublicKey } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import type { LockKind, Position } from "../generated/governance.ts";
import { positionOf } from "../sdk/addresses.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import {
  extendLock,
  lockTokens,
  releaseVote,
  startUnlock,
  topUpPosition,
  withdrawPosition,
} from "../sdk/governance.ts";
import type { CliContext } from "./context.ts";
import { addressOf } from "./keys.ts";
import { optionalWallet } from "./optional-wallet.ts";
import { durationParser, type TokenAmount, tokenParser, wholeParser } from "./parse.ts";
import {
  type ChainFlags,
  chainFlags,
  type Session,
  type SpendFlags,
  spend,
  spendFlags,
  withSession,
} from "./session.ts";
import { plain, tokenText } from "./show.ts";

export const positionPositional = {
  parse: wholeParser,
  brief: "Number of the position",
  placeholder: "POSITION",
} as const;
const amountPositional = { parse: tokenParser, brief: "Tokens", placeholder: "AMOUNT" } as const;

interface LockFlags extends SpendFlags {
  readonly for: number;
  readonly constant: boolean;
}

const lockFlags = {
  ...spendFlags,
  for: { kind: "parsed", parse: durationParser, brief: "How long, like 180d or 4y" },
  constant: { kind: "boolean", brief: "Let the time begin only when unlock is asked for", default: false },
} as const;

export const govLockCommand = buildCommand<LockFlags, [TokenAmount], CliContext>({
  docs: {
    brief: "Lock tokens in a new position, to vote with them from the next epoch on",
    fullDescription:
      "The longer the lock, the more it weighs; a lock that runs out weighs less each day, a constant one does not.",
  },
  parameters: { flags: lockFlags, positional: { kind: "tuple", parameters: [amountPositional] } },
  async func(flags, amount) {
    await withSession(this, flags, async (session) => {
      const owner = session.payer().publicKey;
      const own = await positionsOf(session, owner);
      const id = own.reduce((most, { account }) => (account.id >= most ? account.id + 1n : most), 0n);
      const amountAtoms = amount.atoms(await session.decimals());
      const lock = await lockOf(session, flags);
      const instruction = await lockTokens(session.programs, session.network, { owner, id, amountAtoms, lock });
      return spend(session, flags, [[instruction]], `locked ${amount.text} tokens in position ${id}`);
    });
  },
});

export const govExtendCommand = buildCommand<LockFlags, [bigint], CliContext>({
  docs: { brief: "Make a position's lock longer, or constant" },
  parameters: { flags: lockFlags, positional: { kind: "tuple", parameters: [positionPositional] } },
  async func(flags, id) {
    await withSession(this, flags, async (session) => {
      const owner = session.payer().publicKey;
      const lock = await lockOf(session, flags);
      const instruction = await extendLock(session.programs, session.network, { owner, id }, lock);
      return spend(session, flags, [[instruction]], `extended position ${id}`);
    });
  },
});

export const govTopUpCommand = buildCommand<SpendFlags, [bigint, TokenAmount], CliContext>({
  docs: { brief: "Add tokens to a position" },
  parameters: { flags: spendFlags, positional: { kind: "tuple", parameters: [positionPositional, amountPositional] } },
  async func(flags, id, amount) {
    await withSession(this, flags, async (session) => {
      const args = { owner: session.payer().publicKey, id, amountAtoms: amount.atoms(await session.decimals()) };
      const instruction = await topUpPosition(session.programs, session.network, args);
      return spend(session, flags, [[instruction]], `added ${amount.text} tokens to position ${id}`);
    });
  },
});

export const govUnlockCommand = buildCommand<SpendFlags, [bigint], CliContext>({
  docs: { brief: "Let a constant lock run out" },
  parameters: { flags: spendFlags, positional: { kind: "tuple", parameters: [positionPositional] } },
  async func(flags, id) {
    await withSession(this, flags, async (session) => {
      const owned = { owner: session.payer().publicKey, id };
      const instruction = await startUnlock(session.programs, session.network, owned);
      return spend(session, flags, [[instruction]], `position ${id} runs out`);
    });
  },
});

export const govWithdrawCommand = buildCommand<SpendFlags, [bigint], CliContext>({
  docs: { brief: "Take the tokens of a position back when its lock is over; its votes are released first" },
  parameters: { flags: spendFlags, positional: { kind: "tuple", parameters: [positionPositional] } },
  async func(flags, id) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const owner = session.payer().publicKey;
      const position = positionOf(network.gov, owner, id);
      const votes = await programs.accounts("governance", "vote", [{ offset: 32, bytes: position }]);
      const releases = await Promise.all(
        votes.map(({ account: { proposal, rentPayer } }) => releaseVote(programs, { proposal, position, rentPayer })),
      );
      const withdraw = await withdrawPosition(programs, network, { owner, id });
      return spend(session, flags, [...inParts(releases), withdraw], `took the tokens of position ${id} back`);
    });
  },
});

export const govPositionsCommand = buildCommand<ChainFlags, [string?], CliContext>({
  docs: { brief: "List the positions of a wallet" },
  parameters: { flags: chainFlags, positional: optionalWallet() },
  async func(flags, wallet) {
    await withSession(this, flags, async (session) => {
      const owner = wallet === undefined ? session.payer().publicKey : addressOf(wallet, "WALLET");
      const found = [...(await positionsOf(session, owner))].sort((a, b) => Number(a.account.id - b.account.id));
      const decimals = await session.decimals();
      return {
        json: plain(found.map(({ address, account }) => ({ address, ...account }))),
        text:
          found.length === 0
            ? `${owner.toBase58()} has locked nothing\n`
            : found.map(({ account }) => positionLine(account, decimals)).join(""),
      };
    });
  },
});

/** Positions of a wallet under the network's governance. */
export function positionsOf({ programs, network }: Session, owner: PublicKey) {
  const gov = { offset: 0, bytes: network.gov };
  return programs.accounts("governance", "position", [gov, { offset: 32, bytes: owner }]);
}

/** Votes, cast or released, in transactions that hold them. */
export function inParts<T>(votes: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(votes.length / VOTES) }, (_, part) =>
    votes.slice(part * VOTES, (part + 1) * VOTES),
  );
}

/** Votes in one transaction. */
const VOTES = 5;

async function lockOf({ connection }: Session, flags: LockFlags): Promise<LockKind> {
  if (flags.constant) return { constant: { seconds: flags.for } };
  return { cliff: { end: (await chainSeconds(connection)) + BigInt(flags.for) } };
}

function positionLine({ id, amount, lock, votesActive }: Position, decimals: number): string {
  const until =
    "cliff" in lock
      ? `until ${new Date(Number(lock.cliff.end) * 1000).toISOString()}`
      : `for ${lock.constant.seconds / 86_400} days after unlock`;
  return `${id}  ${tokenText(amount, decimals)} tokens  ${until}  ${votesActive} votes\n`;
}

/** The positions of a wallet that count at a time, the largest first. Throws PRG_NOT_FOUND where there is none. */
export async function countingPositions(
  session: Session,
  owner: PublicKey,
  atSeconds: bigint,
): Promise<readonly bigint[]> {
  const found = (await positionsOf(session, owner)).map(({ account }) => account);
  const counting = found
    .filter(({ checkpoints }) => checkpoints.some(({ from }) => from <= atSeconds))
    .sort((a, b) => (a.amount < b.amount ? 1 : -1));
  if (counting.length > 0) return counting.map(({ id }) => id);
  const why =
    found.length === 0
      ? "has locked nothing: gov lock"
      : "has locked nothing that counts yet: it does from the next epoch on";
  throw new ClientError("PRG_NOT_FOUND", `${owner.toBase58()} ${why}`);
}
