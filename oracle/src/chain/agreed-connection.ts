/**
 * One web3.js connection over several endpoints: each question goes to all of them, and the answer is what enough of them say alike. So the
 * SDK's acts (issue, vote, record a head, burn) and whatever pages show rest on no single endpoint, and wait for none that hangs.
 *
 * Endpoints are never at the same block. What moves with the blocks (slots, heights, time) is alike when it is near, and the lowest of those
 * is taken: at least one honest endpoint is that far. What differs because one is a block behind is asked again by whoever asks
 * (`ask` of the SDK): it is told in the words of a node that is behind. A transaction is sent to all; that it happened is a question again.
 */
import { Connection, SYSVAR_CLOCK_PUBKEY } from "@solana/web3.js";
import { alike, type Quorum } from "../registry/agreement.ts";
import { boundedFetch, endpointName } from "./rpc-connection.ts";

export interface AgreedEndpoints {
  readonly urls: readonly string[];
  readonly quorum: Quorum;
  /** Longest time for one answer of one endpoint, ms. */
  readonly timeoutMs: number;
  /** A longer answer is refused, bytes. */
  readonly maxAnswerBytes: number;
}

interface Call {
  readonly method: string;
  readonly params?: readonly unknown[];
  readonly id?: unknown;
}
/** What a result of JSON-RPC should be like; nothing holds before `key` has read it. */
interface AtSlot {
  readonly context?: { readonly slot: number };
}
interface Valued<T> extends AtSlot {
  readonly value: T;
}
interface Heights {
  readonly absoluteSlot: number;
  readonly blockHeight: number;
}
interface Blockhash extends Required<Valued<{ readonly blockhash: string; readonly lastValidBlockHeight: number }>> {}
interface Account {
  readonly owner: string;
  readonly lamports: number;
  readonly data: readonly [string, string];
}
interface Listed {
  readonly pubkey: string;
  readonly account: Account;
}
interface Listing {
  readonly signature: string;
  readonly slot: number;
  readonly err: unknown;
}
interface Transaction {
  readonly slot: number;
  readonly transaction: unknown;
  readonly meta: Readonly<Record<"err" | "innerInstructions" | "loadedAddresses" | "logMessages", unknown>> | null;
}
interface Status {
  readonly slot: number;
  readonly err: unknown;
  readonly confirmationStatus?: string;
}

/** What is compared: a text that is the same, numbers that are near. */
type Key = string | readonly number[];

interface Answer {
  readonly json:
    | { readonly result: unknown }
    | { readonly error: { readonly code: number; readonly message?: string } };
  readonly key: Key;
}

interface Reading {
  /** Throws where the result has another form. */
  readonly key: (result: unknown) => Key;
  /** How far apart numbers may be. */
  readonly within?: number;
  /** What is answered, of those that are alike. */
  readonly choose: (alike: readonly unknown[]) => unknown;
}

/** Endpoints this far from each other are at the same time, slots or blocks: 30 s. */
const NEAR_SLOTS = 75;
const NEAR_S = 30;
/** Offset of the i64 Unix time in the clock's account. */
const CLOCK_UNIX_OFFSET = 32;
/** Enough have answered and do not agree: the others are waited for this long, ms. An endpoint that hangs must not cost its timeout. */
const PATIENCE_MS = 1000;
/** What a node says that is too far behind to be asked. */
const NODE_BEHIND = -32005;

/** Connects nothing yet. Where too few endpoints answer, a request fails as that of one endpoint that is gone. */
export function agreedConnection({ urls, quorum, timeoutMs, maxAnswerBytes }: AgreedEndpoints): Connection {
  const fetchOne = boundedFetch(timeoutMs, maxAnswerBytes);
  const agreedFetch = async (_: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    const call = JSON.parse(String(init?.body)) as Call;
    const reading = readingOf(call);
    const { within = 0 } = reading;
    const isAlike = ({ key: one }: Answer, { key: other }: Answer) =>
      typeof one === "string" || typeof other === "string"
        ? one === other
        : one.every((number, at) => Math.abs(number - other[at]!) <= within);
    let answered = 0;
    const asked = urls.map((url) => ({
      endpoint: endpointName(url),
      answer: fetchOne(url, init).then(async (response) => {
        const answer = await answerIn(response, call, reading);
        answered++;
        return answer;
      }),
    }));
    const count = call.method === "sendTransaction" ? 1 : quorum.count;
    try {
      const question = { what: call.method, isAlike, patienceMs: PATIENCE_MS };
      const given = await alike(question, asked, { ...quorum, count });
      const results = given.flatMap(({ json }) => ("result" in json ? [json.result] : []));
      return responseOf(call, results.length > 0 ? { result: reading.choose(results) } : given[0]!.json);
    } catch (error) {
      if (answered < count) throw error;
      return responseOf(call, { error: { code: NODE_BEHIND, message: (error as Error).message } });
    }
  };
  // The addresses may hold keys: what the connection calls itself stands in errors.
  return new Connection(`http://${urls.map(endpointName).join(",")}`, {
    commitment: "finalized",
    disableRetryOnRateLimit: true,
    fetch: agreedFetch as typeof fetch,
  });
}

/** The answer in a response. A transaction that an endpoint does not take is none: another may. */
async function answerIn(response: Response, { method }: Call, reading: Reading): Promise<Answer> {
  if (!response.ok) throw new Error(`${response.status}`);
  const { result, error } = (await response.json()) as { result?: unknown; error?: { code: number; message?: string } };
  if (error !== undefined && method !== "sendTransaction") return { json: { error }, key: `error ${error.code}` };
  if (result === undefined) throw new Error(error?.message ?? "neither a result nor an error");
  return { json: { result }, key: reading.key(result) };
}

function responseOf({ id }: Call, json: Answer["json"]): Response {
  return new Response(JSON.stringify({ jsonrpc: "2.0", id, ...json }));
}

/** How answers to a question are compared. */
function readingOf({ method, params = [] }: Call): Reading {
  switch (method) {
    case "getSlot":
      return near((slot: number) => [whole(slot)], NEAR_SLOTS);
    case "getEpochInfo":
      return near(({ absoluteSlot, blockHeight }: Heights) => [whole(absoluteSlot), whole(blockHeight)], NEAR_SLOTS);
    case "getLatestBlockhash":
      return { ...near(heightsOf, NEAR_SLOTS), choose: (all) => blockhashOf(all as readonly Blockhash[]) };
    case "getSignatureStatuses":
      return same(({ value }: Valued<readonly (Status | null)[]>) => value.map(fateOf));
    case "simulateTransaction":
      return same(({ value }: Valued<{ readonly err: unknown }>) => value.err);
    case "getSignaturesForAddress":
      return same((all: readonly Listing[]) => all.map(({ signature, slot, err }) => [signature, whole(slot), err]));
    case "getTransaction":
      return same(transactionOf);
    case "getProgramAccounts":
      return same((result: Valued<readonly Listed[]> | readonly Listed[]) =>
        listOf("value" in result ? result.value : result),
      );
    case "getAccountInfo":
      if (params[0] === SYSVAR_CLOCK_PUBKEY.toBase58())
        return near(({ value }: Valued<Account>) => [unixSeconds(value)], NEAR_S);
      return same(({ value }: Valued<Account | null>) => accountOf(value));
    case "getMultipleAccounts":
      return same(({ value }: Valued<readonly (Account | null)[]>) => value.map(accountOf));
    default:
      return same((result: Partial<Valued<unknown>> | null) => (result?.context === undefined ? result : result.value));
  }
}

/** Alike where all of a part is; what was read at the lowest slot is taken, since an endpoint may claim any. */
function same<Shape>(part: (result: Shape) => unknown): Reading {
  const key = (result: unknown): string => {
    slotOf(result);
    return JSON.stringify(part(result as Shape) ?? null);
  };
  return { key, choose: (all) => lowest(all, slotOf) };
}

/** Alike where each number is near; the one with the lowest first number is taken. */
function near<Shape>(key: (result: Shape) => readonly [number, ...number[]], within: number): Reading {
  const numbers = key as (result: unknown) => readonly [number, ...number[]];
  return { key: numbers, within, choose: (all) => lowest(all, (result) => numbers(result)[0]) };
}

function lowest<T>(all: readonly T[], number: (result: T) => number): T {
  return all.reduce((least, one) => (number(one) < number(least) ? one : least));
}

function whole(found: unknown): number {
  if (!Number.isSafeInteger(found) || (found as number) < 0) throw new Error(`a whole number expected, got ${found}`);
  return found as number;
}

function slotOf(result: unknown): number {
  const context = (result as AtSlot | null)?.context;
  return context === undefined ? 0 : whole(context.slot);
}

function heightsOf({ context, value }: Blockhash): readonly [number, number] {
  if (typeof value.blockhash !== "string") throw new Error("a blockhash expected");
  return [whole(context.slot), whole(value.lastValidBlockHeight)];
}

/**
 * Blockhashes of different blocks hold alike, and one that is made up is refused by whoever simulates: so one is drawn each time. It is given
 * up at the latest of their heights.
 */
function blockhashOf(all: readonly Blockhash[]): Blockhash {
  const { context } = lowest(all, slotOf);
  const { blockhash } = all[Math.floor(Math.random() * all.length)]!.value;
  const lastValidBlockHeight = Math.max(...all.map(({ value }) => value.lastValidBlockHeight));
  return { context, value: { blockhash, lastValidBlockHeight } };
}

/** What became of a transaction; confirmations go on being counted. */
function fateOf(status: Status | null): unknown {
  if (status === null) return null;
  const isLanded = status.confirmationStatus === "confirmed" || status.confirmationStatus === "finalized";
  return [whole(status.slot), status.err, isLanded];
}

/** Endpoints' versions differ in what else they tell of an account. */
function accountOf(account: Account | null): unknown {
  return account && [account.owner, account.lamports, account.data];
}

/** As far as anybody reads it; what it cost is told by some versions. */
function transactionOf(found: Transaction | null): unknown {
  if (found === null) return null;
  const { slot, transaction, meta } = found;
  return [whole(slot), transaction, meta && [meta.err, meta.innerInstructions, meta.loadedAddresses, meta.logMessages]];
}

/** Endpoints list them in any order. */
function listOf(accounts: readonly Listed[]): unknown {
  const byAddress = ([a]: readonly unknown[], [b]: readonly unknown[]) => (String(a) < String(b) ? -1 : 1);
  return accounts.map(({ pubkey, account }) => [pubkey, accountOf(account)]).sort(byAddress);
}

function unixSeconds({ data }: Account): number {
  return whole(Number(Buffer.from(data[0], "base64").readBigInt64LE(CLOCK_UNIX_OFFSET)));
}
