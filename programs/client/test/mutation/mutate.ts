/**
 * The mutations of an instruction's accounts: for every slot what an attacker, a careless client or a confused one would give instead.
 *
 * | mutation | what it does |
 * |---|---|
 * | unsigned | the signer does not sign |
 * | readonly | the writable account is given read-only |
 * | foreign | the account in the same slot of another network, in the same state |
 * | type | another account of the same program, of another type |
 * | owner | the same bytes at the same address, owned by a foreign program |
 * | discriminator | the account's type mark is changed, or a token account or mint is not initialised |
 * | closed | the account is not there |
 * | program | another program |
 * | sysvar | the same bytes at another address |
 * | omitted | an optional account is left out |
 * | duplicate NAME | the account of another slot |
 * | mixture | the accounts of two or more slots are the other network's, as if they belonged together |
 */
import { PublicKey, SYSVAR_INSTRUCTIONS_PUBKEY, TransactionInstruction } from "@solana/web3.js";
import { PROGRAM_IDS, PROGRAM_NAMES, type ProgramName } from "../../src/sdk/addresses.ts";
import {
  ASSOCIATED_TOKEN_PROGRAM_ID,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from "../../src/sdk/token-instructions.ts";
import { IDLS, INSTRUCTIONS, type InstructionIdl, type Slot } from "../harness/idl.ts";
import { type ChainAccount, keyOf, type TestChain, wallet } from "../harness/test-chain.ts";

export interface Mutation {
  readonly slot: string;
  readonly kind: string;
  readonly instruction: TransactionInstruction;
  /** Accounts written before it and put back after it. */
  readonly accounts: readonly { readonly address: PublicKey; readonly account: ChainAccount | null }[];
}

const PROGRAMS = [...PROGRAM_NAMES.map((name) => PROGRAM_IDS[name]), TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID];
const isOf = (owner: PublicKey, programs: readonly PublicKey[]) => programs.some((program) => program.equals(owner));
/** Does what any program could: own bytes it wrote itself. */
const FOREIGN_PROGRAM = ASSOCIATED_TOKEN_PROGRAM_ID;
const OWN_PROGRAMS = PROGRAM_NAMES.map((name) => PROGRAM_IDS[name]);
const TOKEN_PROGRAMS = [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID];
/** Where a copy of a sysvar is put. */
const SYSVAR_COPY = wallet(0x5e5e).publicKey;

/** The instruction of an IDL that an instruction's bytes begin with. */
export function idlOf({ programId, data }: TransactionInstruction): InstructionIdl {
  const found = INSTRUCTIONS.find(
    ({ program, discriminator }) =>
      PROGRAM_IDS[program].equals(programId) && discriminator.every((byte, index) => data[index] === byte),
  );
  if (found === undefined) throw new TypeError(`no instruction of ${programId.toBase58()} begins like this`);
  return found;
}

/** Every mutation of an instruction. `foreign` is the same instruction of the other network. */
export function* mutationsOf(
  chain: TestChain,
  instruction: TransactionInstruction,
  foreign: TransactionInstruction,
): Generator<Mutation> {
  const idl = idlOf(instruction);
  for (const [index, slot] of idl.slots.entries()) {
    for (const [kind, change] of slotMutations(chain, instruction, foreign, index, slot))
      yield { slot: slot.name, kind, instruction: change.instruction ?? instruction, accounts: change.accounts ?? [] };
  }
}

/** Every two slots of the other network, and everything of the other network but one slot. */
export function* mixturesOf(instruction: TransactionInstruction, foreign: TransactionInstruction): Generator<Mutation> {
  const { slots } = idlOf(instruction);
  const differing = [...slots.keys()].filter(
    (index) => foreign.keys[index] !== undefined && !foreign.keys[index].pubkey.equals(instruction.keys[index]!.pubkey),
  );
  const pairs = differing.flatMap((a, index) => differing.slice(index + 1).map((b) => [a, b]));
  const allButOne = differing.map((left) => differing.filter((index) => index !== left));
  for (const chosen of [...pairs, ...allButOne].filter(({ length }) => length >= 2 && length < differing.length)) {
    const mixed = chosen.reduce(
      (one, index) => replaced(one, index, { pubkey: foreign.keys[index]!.pubkey }),
      instruction,
    );
    const names = (indexes: readonly number[]) => indexes.map((index) => slots[index]!.name).join("+");
    const slot = `${names(chosen)} with ${names(differing.filter((index) => !chosen.includes(index)))}`;
    yield { slot, kind: "mixture", instruction: mixed, accounts: [] };
  }
}

interface Change {
  readonly instruction?: TransactionInstruction;
  readonly accounts?: Mutation["accounts"];
}

function* slotMutations(
  chain: TestChain,
  instruction: TransactionInstruction,
  foreign: TransactionInstruction,
  index: number,
  slot: Slot,
): Generator<[string, Change]> {
  const key = instruction.keys[index]!;
  const given = key.pubkey;
  const withKey = (change: Partial<typeof key>) => ({ instruction: replaced(instruction, index, change) });
  const at = (account: ChainAccount | null) => ({ accounts: [{ address: given, account }] });

  if (slot.isSigner) yield ["unsigned", withKey({ isSigner: false })];
  if (slot.isWritable) yield ["readonly", withKey({ isWritable: false })];
  if (slot.isOptional)
    yield ["omitted", withKey({ pubkey: instruction.programId, isSigner: false, isWritable: false })];

  const others = instruction.keys.map(({ pubkey }, other) => ({ pubkey, name: idlOf(instruction).slots[other]?.name }));
  const isProgram = isOf(given, [...PROGRAMS, FOREIGN_PROGRAM, PublicKey.default]);
  if (isProgram) {
    const fake = given.equals(PROGRAM_IDS.governance) ? PROGRAM_IDS.guard : PROGRAM_IDS.governance;
    yield ["program", withKey({ pubkey: fake })];
    if (isOf(given, TOKEN_PROGRAMS))
      yield ["program", withKey({ pubkey: given.equals(TOKEN_PROGRAM_ID) ? TOKEN_2022_PROGRAM_ID : TOKEN_PROGRAM_ID })];
    return;
  }
  if (given.equals(SYSVAR_INSTRUCTIONS_PUBKEY)) {
    const owner = new PublicKey("Sysvar1111111111111111111111111111111111111");
    const copy = { lamports: 10_000_000n, owner, data: new Uint8Array(64) };
    yield ["sysvar", { ...withKey({ pubkey: SYSVAR_COPY }), accounts: [{ address: SYSVAR_COPY, account: copy }] }];
  }
  const twin = foreign.keys[index]?.pubkey;
  if (twin !== undefined && !twin.equals(given)) yield ["foreign", withKey({ pubkey: twin })];

  const account = chain.account(given);
  if (account !== null && account.data.length > 0) {
    yield ["owner", at({ ...account, owner: FOREIGN_PROGRAM })];
    yield ["closed", at(null)];
    const broken = withoutType(account);
    if (broken !== null) yield ["discriminator", at(broken)];
    const cosplay = otherType(chain, account, instruction, foreign);
    if (cosplay !== null) yield ["type", withKey({ pubkey: cosplay })];
  }
  for (const other of others)
    if (!other.pubkey.equals(given)) yield [`duplicate ${other.name}`, withKey({ pubkey: other.pubkey })];
}

function replaced(
  { programId, keys, data }: TransactionInstruction,
  index: number,
  change: Partial<TransactionInstruction["keys"][number]>,
): TransactionInstruction {
  const mutated = keys.map((key, at) => (at === index ? { ...key, ...change } : key));
  return new TransactionInstruction({ programId, keys: mutated, data });
}

/** The account with its type taken away: the discriminator, or what says that a token account or mint is initialised. */
function withoutType(account: ChainAccount): ChainAccount | null {
  const data = account.data.slice();
  if (isOf(account.owner, OWN_PROGRAMS)) data[0] = (data[0] as number) ^ 0xff;
  else if (isOf(account.owner, TOKEN_PROGRAMS)) data[isMint(account) ? 45 : 108] = 0;
  else return null;
  return { ...account, data };
}

const isMint = ({ data }: ChainAccount) => data.length === 82 || (data.length > 165 && data[165] === 1);

/** An account of the same program and another type: of this instruction if there is one, or one that the test has seen before. */
const seen = new Map<string, { readonly address: PublicKey; readonly type: string }[]>();

/** Remembers the accounts of an instruction, so that later ones find other types. */
export function remember(chain: TestChain, { keys }: TransactionInstruction): void {
  for (const { pubkey } of keys) {
    const account = chain.account(pubkey);
    if (account === null || !isOf(account.owner, PROGRAMS) || account.data.length === 0) continue;
    const owner = account.owner.toBase58();
    const known = seen.get(owner) ?? [];
    seen.set(owner, known);
    if (!known.some(({ address }) => keyOf(address) === keyOf(pubkey)))
      known.push({ address: pubkey, type: typeOf(account) });
  }
}

function typeOf(account: ChainAccount): string {
  if (isOf(account.owner, TOKEN_PROGRAMS)) return isMint(account) ? "mint" : "token account";
  return Buffer.from(account.data.subarray(0, 8)).toString("hex");
}

function otherType(
  chain: TestChain,
  account: ChainAccount,
  ...instructions: readonly TransactionInstruction[]
): PublicKey | null {
  for (const instruction of instructions) remember(chain, instruction);
  const type = typeOf(account);
  const others = seen.get(account.owner.toBase58()) ?? [];
  return others.find((other) => other.type !== type && chain.account(other.address) !== null)?.address ?? null;
}

/** The program and name of an instruction, as the tables print it. */
export function titleOf(instruction: TransactionInstruction): string {
  const { program, name } = idlOf(instruction);
  return `${program}.${name}`;
}

/** Instructions that the IDLs have. */
export const ALL_TITLES = PROGRAM_NAMES.flatMap((program: ProgramName) =>
  IDLS[program].instructions.map(
    ({ name }) => `${program}.${name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
  ),
);
