/**
 * `network hand-over`: the last step of founding a network. Its founder names the governance as the next admin of everything, and
 * writes the proposal with which governance accepts; until that has passed, nothing changes.
 */
import { writeFileSync } from "node:fs";
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { guardOf, vaultOf } from "../sdk/addresses.ts";
import type { CliContext } from "./context.ts";
import { textParser } from "./parse.ts";
import { type Session, type SpendFlags, spend, spendFlags, withSession } from "./session.ts";

interface HandOverFlags extends SpendFlags {
  readonly proposal: string;
}

interface Office {
  readonly name: string;
  readonly propose: TransactionInstruction;
  /** How a proposal says that it is accepted. */
  readonly accept: unknown;
}

export const networkHandOverCommand = buildCommand<HandOverFlags, [], CliContext>({
  docs: {
    brief: "Name the governance as the next admin of everything the payer is admin of",
    fullDescription:
      "Writes FILE, the proposal that accepts; gov propose, vote and execute it. Until it is executed the payer stays admin.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      proposal: { kind: "parsed", parse: textParser, brief: "File the proposal is written to", placeholder: "FILE" },
    },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const offices = await officesOf(session, session.payer().publicKey);
      if (offices.length === 0) throw new ClientError("PRG_NOT_FOUND", "the payer is admin of nothing in this network");
      const description = "Governance becomes admin of the network";
      const proposal = { description, instructions: offices.map(({ accept }) => accept) };
      if (flags.commit) writeFileSync(flags.proposal, `${JSON.stringify(proposal, null, 2)}\n`, { flag: "wx" });
      const names = offices.map(({ name }) => name).join(", ");
      const done = `governance may become admin of ${names}: gov propose ${flags.proposal}`;
      return spend(session, flags, [offices.map(({ propose }) => propose)], done);
    });
  },
});

async function officesOf({ programs, network }: Session, admin: PublicKey): Promise<readonly Office[]> {
  const { tokenMint, dcMint, dcConfig, distributor, gov } = network;
  const offices: Office[] = [];
  const registry = await programs.account("registry", "network", network.network);
  if (registry?.admin.equals(admin))
    offices.push({
      name: "the registry",
      propose: await programs.instruction("registry", "proposeAdmin", [gov], { network: network.network, admin }),
      accept: { program: "registry", instruction: "acceptAdmin" },
    });
  const config = await programs.account("dataCredits", "dcConfig", dcConfig);
  if (config?.admin.equals(admin))
    offices.push({
      name: "the data credits",
      propose: await programs.instruction("dataCredits", "proposeAdmin", [gov], { dcConfig, admin }),
      accept: { program: "dataCredits", instruction: "acceptAdmin" },
    });
  const rewards = await programs.account("rewards", "distributor", distributor);
  if (rewards?.admin.equals(admin))
    offices.push({
      name: "the rewards",
      propose: await programs.instruction("rewards", "proposeAdmin", [gov], { distributor, admin }),
      accept: { program: "rewards", instruction: "acceptAdmin" },
    });
  const guards: readonly (readonly [string, PublicKey])[] = [
    ["the token's guard", guardOf(tokenMint)],
    ["the data credits' guard", guardOf(dcMint)],
    ["the vault's guard", guardOf(vaultOf(distributor, tokenMint))],
    ["the treasury's guard", guardOf(vaultOf(gov, tokenMint))],
  ];
  for (const [name, guard] of guards) {
    const stored = await programs.account("guard", "guard", guard);
    if (stored?.admin.equals(admin))
      offices.push({
        name,
        propose: await programs.instruction("guard", "proposeAdmin", [gov], { guard, admin }),
        accept: { program: "guard", instruction: "acceptAdmin", accounts: { guard: guard.toBase58() } },
      });
  }
  return offices;
}
