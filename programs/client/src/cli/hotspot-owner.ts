/** `hotspot transfer|sync|antenna|beneficiary`: what its owner changes, each from the next epoch on. */
import { PublicKey } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import type { Share } from "../generated/registry.ts";
import { ask } from "../sdk/ask.ts";
import { setAntenna, setBeneficiary, syncOwner, transferHotspot } from "../sdk/hotspots.ts";
import type { CliContext } from "./context.ts";
import { findHotspot, hotspotPositional } from "./hotspot-key.ts";
import { addressOf } from "./keys.ts";
import { integerParser, textParser } from "./parse.ts";
import { type Session, type SpendFlags, spend, spendFlags, withSession } from "./session.ts";

const WHOLE_BPS = 10_000;

export const hotspotTransferCommand = buildCommand<SpendFlags, [string, string], CliContext>({
  docs: {
    brief: "Give a hotspot to another wallet",
    fullDescription:
      "Moves its token and writes the new owner down. Rewards of the epochs up to this one stay with whom they were for; from the next one on they " +
      "are the new owner's, whoever was the beneficiary before.",
  },
  parameters: {
    flags: spendFlags,
    positional: {
      kind: "tuple",
      parameters: [hotspotPositional, { parse: textParser, brief: "Wallet that gets it", placeholder: "WALLET" }],
    },
  },
  async func(flags, text, wallet) {
    await withSession(this, flags, async (session) => {
      const { address } = await findHotspot(session, text);
      const owner = session.payer().publicKey;
      const to = addressOf(wallet, "WALLET");
      if (to.equals(owner)) throw new ClientError("PRG_BAD_OPTION", "WALLET is its owner already");
      const transfer = { hotspot: address, owner, to, payer: owner };
      const instructions = await transferHotspot(session.programs, session.network, transfer);
      return spend(session, flags, [instructions], `the hotspot belongs to ${wallet}`);
    });
  },
});

export const hotspotSyncCommand = buildCommand<SpendFlags, [string], CliContext>({
  docs: { brief: "Write down who holds a hotspot's token, after it was sold elsewhere" },
  parameters: { flags: spendFlags, positional: { kind: "tuple", parameters: [hotspotPositional] } },
  async func(flags, text) {
    await withSession(this, flags, async (session) => {
      const { address, stored } = await findHotspot(session, text);
      const holder = await holderOf(session, stored.nftMint);
      const instruction = await syncOwner(session.programs, session.network, address, holder.account);
      return spend(session, flags, [[instruction]], `the hotspot belongs to ${holder.wallet.toBase58()}`);
    });
  },
});

interface AntennaFlags extends SpendFlags {
  readonly gainDdbi: number;
  readonly elevationM: number;
}

export const hotspotAntennaCommand = buildCommand<AntennaFlags, [string], CliContext>({
  docs: { brief: "Say what antenna a hotspot has" },
  parameters: {
    flags: {
      ...spendFlags,
      gainDdbi: { kind: "parsed", parse: integerParser(-100, 300), brief: "Antenna gain, 0.1 dBi" },
      elevationM: { kind: "parsed", parse: integerParser(-1000, 9000), brief: "Height above ground, m" },
    },
    positional: { kind: "tuple", parameters: [hotspotPositional] },
  },
  async func(flags, text) {
    await withSession(this, flags, async (session) => {
      const { address } = await findHotspot(session, text);
      const owned = { hotspot: address, owner: session.payer().publicKey };
      const { gainDdbi, elevationM } = flags;
      const instruction = await setAntenna(session.programs, session.network, owned, { gainDdbi, elevationM });
      return spend(
        session,
        flags,
        [[instruction]],
        `antenna of ${gainDdbi / 10} dBi at ${elevationM} m from the next epoch on`,
      );
    });
  },
});

export const hotspotBeneficiaryCommand = buildCommand<SpendFlags, string[], CliContext>({
  docs: {
    brief: "Say who is paid for a hotspot",
    fullDescription: "One wallet, or two to six as WALLET:SHARE with shares in 1e-4 that sum to 10000.",
  },
  parameters: {
    flags: spendFlags,
    positional: {
      kind: "array",
      parameter: { parse: textParser, brief: "The hotspot, then wallets", placeholder: "HOTSPOT WALLET[:SHARE]" },
      minimum: 2,
      maximum: 7,
    },
  },
  async func(flags, text, ...wallets) {
    await withSession(this, flags, async (session) => {
      const { address } = await findHotspot(session, text!);
      const owned = { hotspot: address, owner: session.payer().publicKey };
      const shares = wallets.map((wallet) => shareOf(wallet, wallets.length));
      const instruction = await setBeneficiary(session.programs, session.network, owned, shares);
      return spend(session, flags, [[instruction]], `paid from the next epoch on: ${wallets.join(" ")}`);
    });
  },
});

function shareOf(text: string, count: number): Share {
  const [wallet = "", share] = text.split(":");
  if (share === undefined && count > 1)
    throw new ClientError("PRG_BAD_OPTION", `${text}: of several wallets each needs a share, like ${wallet}:5000`);
  const bps = share === undefined ? WHOLE_BPS : Number(/^[0-9]{1,5}$/.test(share) ? share : Number.NaN);
  if (!(bps > 0 && bps <= WHOLE_BPS))
    throw new ClientError("PRG_BAD_OPTION", `${text}: a share is a whole number from 1 to ${WHOLE_BPS}`);
  return { wallet: addressOf(wallet, "WALLET"), bps };
}

/** The token account that holds the one token of a mint, and whose it is. */
async function holderOf(
  { connection }: Session,
  mint: PublicKey,
): Promise<{ readonly account: PublicKey; readonly wallet: PublicKey }> {
  const { value } = await ask(connection, () => connection.getTokenLargestAccounts(mint, "confirmed"));
  const account = value.find(({ amount }) => amount === "1")?.address;
  const info = account === undefined ? null : await ask(connection, () => connection.getAccountInfo(account));
  if (account === undefined || info === null)
    throw new ClientError("PRG_NOT_FOUND", `nobody holds the token ${mint.toBase58()}`);
  return { account, wallet: new PublicKey(info.data.subarray(32, 64)) };
}
