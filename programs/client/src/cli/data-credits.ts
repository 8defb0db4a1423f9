/** `dc price|balance|mint`: the price of the token, what a wallet holds, and making data credits. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { epochRecordOf, priceFeedOf } from "../sdk/addresses.ts";
import { ask } from "../sdk/ask.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import { dcAccountOf, mintDataCredits, openEpochRecord, submitPrice, tokenAccountOf } from "../sdk/data-credits.ts";
import type { CliContext } from "./context.ts";
import { addressOf } from "./keys.ts";
import { optionalWallet } from "./optional-wallet.ts";
import { type TokenAmount, textParser, tokenParser, wholeParser } from "./parse.ts";
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

/** Data credits of a dollar. */
const DC_PER_USD = 100_000n;
const USD_E8 = 100_000_000n;
const PRICE_DECIMALS = 8;
/** How far the price may move before a purchase without --most is refused: 1 %. */
const SLIPPAGE_BPS = 100n;

export const dcPriceCommand = buildCommand<ChainFlags, [], CliContext>({
  docs: { brief: "Show the token's price as data credits are made at" },
  parameters: { flags: chainFlags },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const feed = await priceFeed(session);
      const price = tokenText(feed.priceE8);
      return {
        json: plain(feed),
        text:
          `1 token = ${price} USD = ${(feed.priceE8 * DC_PER_USD) / USD_E8} data credits\n` +
          `said by ${feed.quorum} of ${feed.oracles.length} oracles, last at ${timeText(feed.updatedAt)}\n`,
      };
    });
  },
});

export const dcBalanceCommand = buildCommand<ChainFlags, [string?], CliContext>({
  docs: { brief: "Show a wallet's tokens and data credits" },
  parameters: { flags: chainFlags, positional: optionalWallet() },
  async func(flags, wallet) {
    await withSession(this, flags, async (session) => {
      const owner = wallet === undefined ? session.payer().publicKey : addressOf(wallet, "WALLET");
      const tokenAtoms = await balanceOf(session, tokenAccountOf(session.network, owner).toBase58());
      const dataCredits = await balanceOf(session, dcAccountOf(session.network, owner).toBase58());
      return {
        json: plain({ wallet: owner, tokenAtoms, dataCredits }),
        text: `${tokenText(tokenAtoms, await session.decimals())} tokens\n${dataCredits} data credits\n`,
      };
    });
  },
});

interface MintFlags extends SpendFlags {
  readonly most?: TokenAmount;
  readonly to?: string;
}

export const dcMintCommand = buildCommand<MintFlags, [bigint], CliContext>({
  docs: { brief: "Make data credits by burning tokens" },
  parameters: {
    flags: {
      ...spendFlags,
      most: {
        kind: "parsed",
        parse: tokenParser,
        brief: "Most tokens to burn; 1 % above the present price without it",
        optional: true,
      },
      to: {
        kind: "parsed",
        parse: textParser,
        brief: "Wallet that receives them; the payer's without it",
        optional: true,
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: wholeParser, brief: "Data credits to make", placeholder: "AMOUNT" }],
    },
  },
  async func(flags, dataCredits) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const payer = session.payer().publicKey;
      const recipient = flags.to === undefined ? payer : addressOf(flags.to, "--to");
      const decimals = await session.decimals();
      const mostAtoms = flags.most?.atoms(decimals) ?? (await usualAtoms(session, dataCredits, decimals));
      const done = `made ${dataCredits} data credits for ${recipient.toBase58()}`;
      return inPresentEpoch(session, payer, async ({ epoch, opening }) => {
        const mint = await mintDataCredits(programs, network, { payer, recipient, epoch, dataCredits, mostAtoms });
        return spend(session, flags, [[...opening, ...mint]], done);
      });
    });
  },
});

export const dcSayPriceCommand = buildCommand<SpendFlags, [TokenAmount], CliContext>({
  docs: {
    brief: "As a price oracle: say what a token costs",
    fullDescription:
      "The median of a quorum of oracles is the price. Opens the epoch's record of burns and prices where it is missing.",
  },
  parameters: {
    flags: spendFlags,
    positional: {
      kind: "tuple",
      parameters: [{ parse: tokenParser, brief: "USD a token, like 0.5", placeholder: "USD" }],
    },
  },
  async func(flags, usd) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const oracle = session.payer().publicKey;
      return inPresentEpoch(session, oracle, async ({ epoch, opening }) => {
        const say = await submitPrice(programs, network, { oracle, epoch, priceE8: usd.atoms(PRICE_DECIMALS) });
        return spend(session, flags, [[...opening, say]], `said that a token costs ${usd.text} USD`);
      });
    });
  },
});

interface PresentRecord {
  readonly epoch: bigint;
  /** What opens the record of the epoch, where there is none. */
  readonly opening: readonly TransactionInstruction[];
}

/**
 * Does what names the record of the present epoch. Where that was refused and meanwhile the epoch ended, or somebody else opened its record,
 * nothing happened, and it is done with what is so now.
 */
async function inPresentEpoch<T>(
  session: Session,
  payer: PublicKey,
  act: (record: PresentRecord) => Promise<T>,
): Promise<T> {
  for (let record = await presentRecord(session, payer); ; ) {
    try {
      return await act(record);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== "PRG_REFUSED") throw error;
      const now = await presentRecord(session, payer);
      if (now.epoch === record.epoch && now.opening.length === record.opening.length) throw error;
      record = now;
    }
  }
}

async function presentRecord({ connection, programs, network }: Session, payer: PublicKey): Promise<PresentRecord> {
  const config = await programs.account("dataCredits", "dcConfig", network.dcConfig);
  if (config === null) throw new ClientError("PRG_NOT_FOUND", "the network has no data credits");
  const epoch = (await chainSeconds(connection)) / BigInt(config.epochSeconds);
  const record = await programs.account("dataCredits", "epochRecord", epochRecordOf(network.dcConfig, epoch));
  const opening = record === null ? [await openEpochRecord(programs, network, payer, epoch)] : [];
  return { epoch, opening };
}

/** What data credits cost at the present price and some slippage, base units, rounded up. */
async function usualAtoms(session: Session, dataCredits: bigint, decimals: number): Promise<bigint> {
  const { priceE8 } = await priceFeed(session);
  if (priceE8 === 0n) throw new ClientError("PRG_NOT_FOUND", "the price oracles have not said a price yet");
  const numerator = dataCredits * USD_E8 * 10n ** BigInt(decimals) * (10_000n + SLIPPAGE_BPS);
  const denominator = DC_PER_USD * priceE8 * 10_000n;
  return (numerator + denominator - 1n) / denominator;
}

async function priceFeed({ programs, network }: Session) {
  const feed = await programs.account("dataCredits", "priceFeed", priceFeedOf(network.dcConfig));
  if (feed === null) throw new ClientError("PRG_NOT_FOUND", "the network has no price feed of its own: give --most");
  return feed;
}

/** Offset of the amount in a token account, and its bytes. */
const AMOUNT_AT = 64;
const AMOUNT_END = 72;

async function balanceOf({ connection }: Session, account: string): Promise<bigint> {
  const info = await ask(connection, () => connection.getAccountInfo(addressOf(account, "account"), "confirmed"));
  return info === null || info.data.length < AMOUNT_END ? 0n : info.data.readBigUInt64LE(AMOUNT_AT);
}

function timeText(unixSeconds: bigint): string {
  return new Date(Number(unixSeconds) * 1000).toISOString();
}
