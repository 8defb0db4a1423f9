/** `dc price|balance|mint`: the price of the token, what a wallet holds, and making data credits. */
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { epochRecordOf, priceFeedOf } from "../sdk/addresses.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import { dcAccountOf, mintDataCredits, openEpochRecord, tokenAccountOf } from "../sdk/data-credits.ts";
import type { CliContext } from "./context.ts";
import { textParser } from "./parse.ts";
import {
  addressOf,
  type ChainFlags,
  chainFlags,
  type Session,
  type SpendFlags,
  spend,
  spendFlags,
  withSession,
} from "./session.ts";
import { fieldLines, plain, tokenText } from "./show.ts";

export const dcPriceCommand = buildCommand<ChainFlags, [], CliContext>({
  docs: { brief: "Show the token's price as data credits are made at" },
  parameters: { flags: chainFlags },
  async func(flags) {
    await withSession(this, flags, async ({ programs, network }) => {
      const feed = await programs.account("dataCredits", "priceFeed", priceFeedOf(network.dcConfig));
      if (feed === null) throw new ClientError("PRG_NOT_FOUND", "the network has no price feed of its own");
      const json = plain(feed);
      return { json, text: fieldLines(json) };
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
        text: `${tokenText(tokenAtoms)} tokens\n${dataCredits} data credits\n`,
      };
    });
  },
});

interface MintFlags extends SpendFlags {
  readonly most: bigint;
  readonly to?: string;
}

export const dcMintCommand = buildCommand<MintFlags, [bigint], CliContext>({
  docs: { brief: "Make data credits by burning tokens" },
  parameters: {
    flags: {
      ...spendFlags,
      most: { kind: "parsed", parse: wholeParser, brief: "Most base units of the token to burn" },
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
      const { connection, programs, network } = session;
      const payer = session.payer().publicKey;
      const config = await programs.account("dataCredits", "dcConfig", network.dcConfig);
      if (config === null) throw new ClientError("PRG_NOT_FOUND", "the network has no data credits");
      const epoch = (await chainSeconds(connection)) / BigInt(config.epochSeconds);
      const record = await connection.getAccountInfo(epochRecordOf(network.dcConfig, epoch), "confirmed");
      const recipient = flags.to === undefined ? payer : addressOf(flags.to, "--to");
      const instructions = [
        ...(record === null ? [await openEpochRecord(programs, network, payer, epoch)] : []),
        ...(await mintDataCredits(programs, network, { payer, recipient, epoch, dataCredits, mostAtoms: flags.most })),
      ];
      return spend(session, flags, instructions, `made ${dataCredits} data credits for ${recipient.toBase58()}`);
    });
  },
});

/** A wallet on the command line that may be left out. */
export function optionalWallet() {
  return {
    kind: "tuple",
    parameters: [
      { parse: textParser, brief: "Address; the keypair's without it", placeholder: "WALLET", optional: true },
    ],
  } as const;
}

async function balanceOf({ connection }: Session, account: string): Promise<bigint> {
  const info = await connection.getAccountInfo(addressOf(account, "account"), "confirmed");
  return info === null || info.data.length < 72 ? 0n : info.data.readBigUInt64LE(64);
}

function wholeParser(text: string): bigint {
  if (!/^[0-9]{1,20}$/.test(text)) throw new RangeError(`expected a whole number, got ${JSON.stringify(text)}`);
  return BigInt(text);
}
