/** `gov propose|vote|execute|cancel|list|show`: proposals from their file to their execution. */
import { readFileSync } from "node:fs";
import type { TransactionInstruction } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import type { Proposal } from "../generated/governance.ts";
import { proposalOf } from "../sdk/addresses.ts";
import { chainSeconds } from "../sdk/chain-clock.ts";
import {
  cancelProposal,
  castVote,
  executeProposal,
  finalizeProposal,
  instructionHash,
  proposeInstructions,
  queueProposal,
} from "../sdk/governance.ts";
import { type Proposed, readProposal } from "../sdk/proposal.ts";
import type { CliContext } from "./context.ts";
import { countingPositions, inParts } from "./gov-positions.ts";
import { textParser, wholeParser } from "./parse.ts";
import {
  type ChainFlags,
  type CommandAnswer,
  chainFlags,
  type Session,
  type SpendFlags,
  spend,
  spendFlags,
  withSession,
} from "./session.ts";
import { fieldLines, plain, tokenText } from "./show.ts";

const proposalPositional = { parse: wholeParser, brief: "Number of the proposal", placeholder: "PROPOSAL" } as const;
const filePositional = { parse: textParser, brief: "File of the proposal, JSON", placeholder: "FILE" } as const;
const positionFlag = {
  kind: "parsed",
  parse: wholeParser,
  brief: "Number of the position; without it the largest proposes, and all vote",
  optional: true,
} as const;

interface PositionFlags extends SpendFlags {
  readonly position?: bigint;
}

export const govProposeCommand = buildCommand<PositionFlags, [string], CliContext>({
  docs: {
    brief: "Propose the instructions of a file",
    fullDescription:
      'FILE is { "description", "instructions": [{ "program", "instruction", "args", "accounts" }] }, names as in the IDLs; accounts of the network ' +
      "need not be given. The chain keeps the hash: publish the file, for whoever votes and executes needs it.",
  },
  parameters: {
    flags: { ...spendFlags, position: positionFlag },
    positional: { kind: "tuple", parameters: [filePositional] },
  },
  async func(flags, file) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const owner = session.payer().publicKey;
      const proposed = await proposalIn(session, file);
      const gov = await programs.account("governance", "gov", network.gov);
      if (gov === null) throw new ClientError("PRG_NOT_FOUND", "the network has no governance");
      const now = await chainSeconds(session.connection);
      const positionId = flags.position ?? (await countingPositions(session, owner, now))[0]!;
      const propose = await proposeInstructions(programs, network, {
        id: gov.proposals,
        owner,
        positionId,
        ...proposed,
      });
      return spend(session, flags, [[propose]], `proposed as number ${gov.proposals}`);
    });
  },
});

export const govVoteCommand = buildCommand<PositionFlags, [bigint, "yes" | "no" | "abstain"], CliContext>({
  docs: { brief: "Vote, once with each position" },
  parameters: {
    flags: { ...spendFlags, position: positionFlag },
    positional: {
      kind: "tuple",
      parameters: [proposalPositional, { parse: choiceParser, brief: "yes, no or abstain", placeholder: "CHOICE" }],
    },
  },
  async func(flags, proposal, choice) {
    await withSession(this, flags, async (session) => {
      const owner = session.payer().publicKey;
      const { snapshot } = await storedProposal(session, proposal);
      const positions =
        flags.position === undefined ? await countingPositions(session, owner, snapshot) : [flags.position];
      const kind = choice === "yes" ? { yes: {} } : choice === "no" ? { no: {} } : { abstain: {} };
      const votes = positions.map((positionId) =>
        castVote(session.programs, session.network, { proposal, owner, positionId, choice: kind }),
      );
      const which = `${positions.length === 1 ? "position" : "positions"} ${positions.join(", ")}`;
      return spend(
        session,
        flags,
        inParts(await Promise.all(votes)),
        `voted ${choice} on proposal ${proposal} with ${which}`,
      );
    });
  },
});

interface ExecuteFlags extends SpendFlags {
  readonly file?: string;
}

export const govExecuteCommand = buildCommand<ExecuteFlags, [bigint], CliContext>({
  docs: {
    brief: "Take a proposal its next step: count the votes, start the delay, execute",
    fullDescription:
      "Anybody may. Does the one step whose time has come and says which; executing needs the file that was proposed.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      file: { kind: "parsed", parse: textParser, brief: "File of the proposal, JSON", optional: true },
    },
    positional: { kind: "tuple", parameters: [proposalPositional] },
  },
  async func(flags, id) {
    await withSession(this, flags, async (session) => {
      const proposal = await storedProposal(session, id);
      const step = await nextStep(session, id, proposal, flags.file);
      return spend(session, flags, [step.instructions], step.done);
    });
  },
});

export const govCancelCommand = buildCommand<SpendFlags, [bigint], CliContext>({
  docs: { brief: "Withdraw a proposal of one's own" },
  parameters: { flags: spendFlags, positional: { kind: "tuple", parameters: [proposalPositional] } },
  async func(flags, id) {
    await withSession(this, flags, async (session) => {
      await storedProposal(session, id);
      const address = proposalOf(session.network.gov, id);
      const instruction = await cancelProposal(session.programs, address, session.payer().publicKey);
      return spend(session, flags, [[instruction]], `withdrew proposal ${id}`);
    });
  },
});

export const govListCommand = buildCommand<ChainFlags, [], CliContext>({
  docs: { brief: "List the proposals" },
  parameters: { flags: chainFlags },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const all = await programs.accounts("governance", "proposal", [{ offset: 0, bytes: network.gov }]);
      const sorted = all.map(({ account }) => account).sort((a, b) => Number(a.id - b.id));
      const decimals = await session.decimals();
      return {
        json: plain(sorted),
        text: sorted.length === 0 ? "no proposals\n" : sorted.map((one) => proposalLine(one, decimals)).join(""),
      };
    });
  },
});

interface ShowFlags extends ChainFlags {
  readonly file?: string;
}

export const govShowCommand = buildCommand<ShowFlags, [bigint], CliContext>({
  docs: {
    brief: "Show a proposal, and with its file whether that is what is voted on",
  },
  parameters: {
    flags: {
      ...chainFlags,
      file: { kind: "parsed", parse: textParser, brief: "File of the proposal", optional: true },
    },
    positional: { kind: "tuple", parameters: [proposalPositional] },
  },
  async func(flags, id) {
    await withSession(this, flags, async (session) => showAnswer(session, id, flags.file));
  },
});

async function showAnswer(session: Session, id: bigint, file: string | undefined): Promise<CommandAnswer> {
  const stored = await storedProposal(session, id);
  const isFile = file === undefined ? undefined : isHashOf(stored, await proposalIn(session, file));
  const json = plain({ ...stored, ...(isFile === undefined ? {} : { isFile }) }) as Record<string, unknown>;
  const note = isFile === undefined ? "" : `\n${file} is ${isFile ? "" : "NOT "}what is voted on\n`;
  return { json, text: fieldLines(json) + note };
}

interface Step {
  readonly instructions: readonly TransactionInstruction[];
  readonly done: string;
}

/** The step whose time has come. Throws PRG_REFUSED with when it comes, or that none does. */
async function nextStep(session: Session, id: bigint, proposal: Proposal, file: string | undefined): Promise<Step> {
  const { connection, programs, network } = session;
  const address = proposalOf(network.gov, id);
  const now = await chainSeconds(connection);
  const { state, end, eta, executeSeconds } = proposal;
  if ("voting" in state) {
    if (now < end) throw tooEarly(`the vote on proposal ${id} is open`, end);
    return { instructions: [await finalizeProposal(programs, address)], done: `counted the votes on proposal ${id}` };
  }
  if ("passed" in state)
    return { instructions: [await queueProposal(programs, address)], done: `the delay of proposal ${id} runs` };
  if (!("queued" in state)) throw new ClientError("PRG_REFUSED", `proposal ${id} is ${Object.keys(state)[0]}`);
  if (now < eta) throw tooEarly(`the delay of proposal ${id} runs`, eta);
  if (now >= eta + BigInt(executeSeconds))
    throw new ClientError("PRG_REFUSED", `proposal ${id} was not executed in time`);
  if (file === undefined) throw new ClientError("PRG_BAD_OPTION", "executing needs what was proposed: give --file");
  const proposed = await proposalIn(session, file);
  if (!isHashOf(proposal, proposed)) throw new ClientError("PRG_BAD_OPTION", `${file} is not what proposal ${id} is`);
  const execute = await executeProposal(programs, network, id, proposed.instructions);
  return { instructions: [execute], done: `executed proposal ${id}` };
}

async function storedProposal({ programs, network }: Session, id: bigint): Promise<Proposal> {
  const stored = await programs.account("governance", "proposal", proposalOf(network.gov, id));
  if (stored === null) throw new ClientError("PRG_NOT_FOUND", `there is no proposal ${id}`);
  return stored;
}

async function proposalIn({ programs, network }: Session, path: string): Promise<Proposed> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ClientError("PRG_BAD_OPTION", `${path} is no JSON file`, { cause });
  }
  return readProposal(programs, network, json);
}

function isHashOf({ instructionHash: hash }: Proposal, { instructions }: Proposed): boolean {
  return Buffer.compare(hash, instructionHash(instructions)) === 0;
}

function choiceParser(text: string): "yes" | "no" | "abstain" {
  if (text === "yes" || text === "no" || text === "abstain") return text;
  throw new RangeError(`expected yes, no or abstain, got ${JSON.stringify(text)}`);
}

function tooEarly(what: string, until: bigint): ClientError {
  return new ClientError("PRG_REFUSED", `${what} until ${new Date(Number(until) * 1000).toISOString()}`);
}

function proposalLine({ id, state, yes, no, end }: Proposal, decimals: number): string {
  const votes = `yes ${tokenText(yes, decimals)}  no ${tokenText(no, decimals)}`;
  return `${id}  ${Object.keys(state)[0]!.padEnd(9)}  ${votes}  ends ${new Date(Number(end) * 1000).toISOString()}\n`;
}
