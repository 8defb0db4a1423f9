/** `network params|plan|create|hand-over`: what a network is, and bringing one to life. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Keypair, PublicKey } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { ask } from "../sdk/ask.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import { createNetworkSteps, type NetworkAddresses, networkAddresses, type Step } from "../sdk/create-network.ts";
import { ensureLookupTable } from "../sdk/lookup-table.ts";
import { standardPlan } from "../sdk/network-plan.ts";
import { PRESET, readPlan } from "../sdk/plan-file.ts";
import { Programs } from "../sdk/programs.ts";
import { type Sender, send, simulate } from "../sdk/send.ts";
import { MINT_BYTES } from "../sdk/token-instructions.ts";
import { type CliContext, guarded, print } from "./context.ts";
import { addressOf, readKeypair } from "./keys.ts";
import { integerParser, textParser } from "./parse.ts";
import {
  type ChainFlags,
  chainFlags,
  connectionOf,
  keypairPath,
  type SpendFlags,
  spendFlags,
  withSession,
} from "./session.ts";
import { fieldLines, plain } from "./show.ts";

export const networkParamsCommand = buildCommand<ChainFlags, [], CliContext>({
  docs: { brief: "Show the network's accounts, fees, rules and parameter hash" },
  parameters: { flags: chainFlags },
  async func(flags) {
    await withSession(this, flags, async ({ programs, network }) => {
      const stored = await programs.account("registry", "network", network.network);
      const json = plain({ addresses: network, network: stored }) as Record<string, unknown>;
      return { json, text: fieldLines(json) };
    });
  },
});

interface PlanFlags extends ChainFlags {
  readonly oracles: readonly string[];
  readonly guardian?: string;
  readonly epochSeconds: number;
}

export const networkPlanCommand = buildCommand<PlanFlags, [], CliContext>({
  docs: {
    brief: "Print the plan of a new network, to be edited and given to network create",
    fullDescription:
      "Everything in it is what the programs are created with. Amounts are base units, times seconds, shares 1e-4.",
  },
  parameters: {
    flags: {
      ...chainFlags,
      oracles: { kind: "parsed", parse: textParser, brief: "Wallets of the oracles", variadic: "," },
      guardian: {
        kind: "parsed",
        parse: textParser,
        brief: "Wallet that may veto and pause; the payer's without it",
        optional: true,
      },
      epochSeconds: {
        kind: "parsed",
        parse: integerParser(60, 86_400),
        brief: "Seconds of an epoch",
        default: "86400",
      },
    },
  },
  async func(flags) {
    await guarded(this, flags, async () => {
      const admin = readKeypair(keypairPath(flags)).publicKey;
      const now = await chainSeconds(connectionOf(flags));
      const plan = standardPlan({
        admin,
        guardian: flags.guardian === undefined ? admin : addressOf(flags.guardian, "--guardian"),
        oracles: flags.oracles.map((text) => addressOf(text, "--oracles")),
        genesis: [{ wallet: admin, amountAtoms: 0n }],
        parameterHash: new Uint8Array(32),
        firstEpoch: now / BigInt(flags.epochSeconds) + 1n,
        epochSeconds: flags.epochSeconds,
      });
      const json = { ...(plain(plan) as object), parameterHash: PRESET };
      print(this, flags, { json, text: `${JSON.stringify(json, null, 2)}\n` });
    });
  },
});

interface CreateFlags extends SpendFlags {
  readonly plan: string;
  readonly out: string;
}

export const networkCreateCommand = buildCommand<CreateFlags, [], CliContext>({
  docs: {
    brief: "Create a network as a plan says",
    fullDescription:
      "The payer founds it and is admin of everything at first. FOLDER keeps the keypairs of the two mints and network.json; started again with the " +
      "same folder it goes on after the last transaction that happened. Without --commit it says what it would do.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      plan: { kind: "parsed", parse: textParser, brief: "Plan, as network plan prints it" },
      out: { kind: "parsed", parse: textParser, brief: "Folder of the network's keypairs and addresses" },
    },
  },
  async func(flags) {
    await guarded(this, flags, async () => {
      const connection = connectionOf(flags);
      const programs = new Programs(connection);
      const admin = readKeypair(keypairPath(flags));
      const planned = jsonOf(flags.plan);
      const tokenMint = mintKeypair(flags, "token-mint");
      const dcMint = mintKeypair(flags, "data-credit-mint");
      const network = networkAddresses(tokenMint.publicKey, dcMint.publicKey);
      const plan = readPlan(programs, planned, network);
      const mintRentLamports = await ask(connection, () => connection.getMinimumBalanceForRentExemption(MINT_BYTES));
      const steps = await createNetworkSteps(programs, { admin, tokenMint, dcMint, mintRentLamports }, plan);
      const priority = flags.priorityFee === undefined ? {} : { priorityMicroLamports: flags.priorityFee };
      const sender: Sender = { connection, programs, payer: admin, ...priority };
      const todo = await stepsToDo(sender, steps);
      if (!flags.commit) {
        const names = [...todo.map(({ name }) => name), "create, fill and freeze the lookup table"];
        if (todo[0] !== undefined) await simulate(sender, todo[0].instructions);
        const text = `the first would succeed; nothing was sent. Send them with --commit\n${names.map((name) => `  ${name}\n`).join("")}`;
        return print(this, flags, { json: { committed: false, steps: names }, text });
      }
      noteNetwork(flags.out, network, null);
      for (const { name, instructions, signers } of todo) {
        this.process.stderr.write(`${name} …\n`);
        await send(sender, instructions, signers);
      }
      const begun = notedTable(flags.out);
      const table = await ensureLookupTable(sender, network, begun, (at) => noteNetwork(flags.out, network, at));
      const json = plain({ committed: true, ...network, lookupTable: table }) as Record<string, string>;
      const text = `${fieldLines(json)}\nexport EARSHOT_TOKEN_MINT=${json.tokenMint} EARSHOT_LOOKUP_TABLE=${json.lookupTable}\n`;
      print(this, flags, { json, text });
    });
  },
});

/** Steps whose account is not there yet. */
async function stepsToDo({ connection }: Sender, steps: readonly Step[]): Promise<readonly Step[]> {
  const addresses = steps.map(({ creates }) => creates);
  const found = await ask(connection, () => connection.getMultipleAccountsInfo(addresses, "confirmed"));
  return steps.filter((_, at) => found[at] === null);
}

/** A mint's keypair, made once; kept only where something is sent. */
function mintKeypair({ out, commit }: CreateFlags, name: string): Keypair {
  const path = join(out, `${name}.json`);
  if (existsSync(path)) return readKeypair(path);
  const keypair = Keypair.generate();
  if (commit) {
    mkdirSync(out, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${JSON.stringify([...keypair.secretKey])}\n`, { mode: 0o600, flag: "wx" });
  }
  return keypair;
}

function noteNetwork(out: string, network: NetworkAddresses, lookupTable: PublicKey | null): void {
  const table = lookupTable ?? notedTable(out);
  const json = plain({ ...network, ...(table === null ? {} : { lookupTable: table }) });
  writeFileSync(join(out, "network.json"), `${JSON.stringify(json, null, 2)}\n`);
}

function notedTable(out: string): PublicKey | null {
  const path = join(out, "network.json");
  if (!existsSync(path)) return null;
  const { lookupTable } = jsonOf(path) as { readonly lookupTable?: string };
  return lookupTable === undefined ? null : new PublicKey(lookupTable);
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ClientError("PRG_BAD_OPTION", `${path} is no JSON file`, { cause });
  }
}
