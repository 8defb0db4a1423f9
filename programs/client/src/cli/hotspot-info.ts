/** `hotspot info|list|rewards`: what the chain knows of hotspots. */
import { buildCommand } from "@stricli/core";
import type { Hotspot, Share } from "../generated/registry.ts";
import { claimOf } from "../sdk/addresses.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import { hotspotsOf } from "../sdk/hotspots.ts";
import type { CliContext } from "./context.ts";
import { findHotspot, hotspotPositional } from "./hotspot-key.ts";
import { hotspotText } from "./hotspot-text.ts";
import { addressOf } from "./keys.ts";
import { optionalWallet } from "./optional-wallet.ts";
import { type ChainFlags, chainFlags, type Session, withSession } from "./session.ts";
import { plain, tokenText } from "./show.ts";

export const hotspotInfoCommand = buildCommand<ChainFlags, [string], CliContext>({
  docs: { brief: "Show what the registry holds of a hotspot" },
  parameters: { flags: chainFlags, positional: { kind: "tuple", parameters: [hotspotPositional] } },
  async func(flags, hotspot) {
    await withSession(this, flags, async (session) => {
      const { address, stored } = await findHotspot(session, hotspot);
      const text = hotspotText(address.toBase58(), stored, await presentEpoch(session));
      return { json: plain({ address, ...stored }), text };
    });
  },
});

export const hotspotListCommand = buildCommand<ChainFlags, [string?], CliContext>({
  docs: { brief: "List the hotspots of a wallet" },
  parameters: { flags: chainFlags, positional: optionalWallet() },
  async func(flags, wallet) {
    await withSession(this, flags, async ({ programs, network, payer }) => {
      const owner = wallet === undefined ? payer().publicKey : addressOf(wallet, "WALLET");
      const found = await hotspotsOf(programs, network, owner);
      const rows = found.map(({ address, account }) => ({ address, ...summaryOf(account) }));
      return {
        json: plain(rows),
        text:
          rows.length === 0
            ? `${owner.toBase58()} owns no hotspot of this network\n`
            : rows.map(({ key, kind, cell }) => `${key}  ${kind.padEnd(5)}  ${cell}\n`).join(""),
      };
    });
  },
});

export const hotspotRewardsCommand = buildCommand<ChainFlags, [string], CliContext>({
  docs: {
    brief: "Show who is paid for a hotspot, and what those wallets have claimed",
    fullDescription:
      "Rewards are claimed by wallet, for all its hotspots at once; what a hotspot earned in an epoch is in the oracle's report of that epoch.",
  },
  parameters: { flags: chainFlags, positional: { kind: "tuple", parameters: [hotspotPositional] } },
  async func(flags, text) {
    await withSession(this, flags, async (session) => {
      const { stored } = await findHotspot(session, text);
      const epoch = await presentEpoch(session);
      const { current, next, fromEpoch } = stored.beneficiary;
      const isChanging = epoch < fromEpoch;
      const now = await sharesWithClaims(session, (isChanging ? current : next).shares);
      const later = isChanging ? await sharesWithClaims(session, next.shares) : null;
      const decimals = await session.decimals();
      const lines = (shares: readonly ShareWithClaim[]) =>
        shares
          .map(
            ({ wallet, bps, claimedAtoms }) =>
              `  ${bps / 100} %  ${wallet.toBase58()}  claimed ${tokenText(claimedAtoms, decimals)}\n`,
          )
          .join("");
      return {
        json: plain({ epoch, beneficiaries: now, ...(later === null ? {} : { later, laterFromEpoch: fromEpoch }) }),
        text: `paid in epoch ${epoch}\n${lines(now)}${later === null ? "" : `paid from epoch ${fromEpoch} on\n${lines(later)}`}`,
      };
    });
  },
});

interface ShareWithClaim extends Share {
  readonly claimedAtoms: bigint;
}

async function sharesWithClaims(
  { programs, network }: Session,
  shares: readonly Share[],
): Promise<readonly ShareWithClaim[]> {
  const addresses = shares.map(({ wallet }) => claimOf(network.distributor, wallet));
  const claims = await programs.accountsAt("rewards", "claim", addresses);
  return shares.map((share, at) => ({ ...share, claimedAtoms: claims[at]?.claimed ?? 0n }));
}

async function presentEpoch({ connection, programs, network }: Session): Promise<bigint> {
  const stored = await programs.account("registry", "network", network.network);
  return (await chainSeconds(connection)) / BigInt(stored!.epochSeconds);
}

function summaryOf({ deviceKey, gatewayId, kind, location }: Hotspot) {
  const { cell, cellPublic } = location.next;
  const place = cell === 0n ? cellPublic : cell;
  return {
    key: Buffer.from(deviceKey).toString("hex"),
    gatewayId: Buffer.from(gatewayId).toString("hex"),
    kind: Object.keys(kind)[0]!,
    cell: place === 0n ? "no location asserted" : place.toString(16),
    isPrivate: cell === 0n && cellPublic !== 0n,
  };
}
