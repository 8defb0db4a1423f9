/** A Solana endpoint in front of an honest one that passes requests on as a fault has it: it lies, lags, hangs, or keeps transactions to itself. */
import { base58Text } from "@earshot/poc/protocol";

/** What an endpoint answers to a request; undefined: nothing, ever. */
export type Fault = (request: RpcRequest, honest: () => Promise<RpcResult>) => Promise<RpcResult | undefined>;

export interface RpcRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}
/** As JSON has it. */
export type RpcResult = ReturnType<typeof JSON.parse>;

/**
 * One chain behind several endpoints that are at the same block whenever they are asked: to one request, which a client sends to all of them
 * under one id, all get the first answer. Otherwise a block between two answers makes one of them look as if it lagged.
 */
export class OneChain {
  readonly #url: string;
  readonly #answers = new Map<string, Promise<RpcResult>>();

  constructor(url: string) {
    this.#url = url;
  }

  answer(body: string): Promise<RpcResult> {
    const known = this.#answers.get(body);
    if (known !== undefined) return known;
    const answer = answerOf(this.#url, body);
    this.#answers.set(body, answer);
    return answer;
  }
}

async function answerOf(url: string, body: string): Promise<RpcResult> {
  const headers = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body })).json();
}

export class FaultyEndpoint {
  fault: Fault = honestly;
  readonly url: string;
  /** host:port, as logs name it. */
  readonly name: string;
  readonly #server;

  constructor(behind: string | OneChain) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: async (request) => {
        const body = await request.text();
        const { id, method, params = [] } = JSON.parse(body) as RpcRequest & { readonly id: unknown };
        const honest = async () => {
          const answer = await (typeof behind === "string" ? answerOf(behind, body) : behind.answer(body));
          if (answer.error !== undefined) throw answer.error;
          return answer.result;
        };
        try {
          const result = await this.fault({ method, params }, honest);
          if (result === undefined) return new Promise<Response>(() => {});
          return Response.json({ jsonrpc: "2.0", id, result });
        } catch (error) {
          return Response.json({ jsonrpc: "2.0", id, error });
        }
      },
    });
    this.url = `http://127.0.0.1:${this.#server.port}`;
    this.name = `127.0.0.1:${this.#server.port}`;
  }

  stop(): void {
    void this.#server.stop(true);
  }
}

export const honestly: Fault = (_, honest) => honest();

export const hanging: Fault = async () => undefined;

/** Stands still: what was answered once is answered for ever, and transactions go nowhere. */
export function lagging(): Fault {
  const answers = new Map<string, RpcResult>();
  return async ({ method, params }, honest) => {
    if (method === "sendTransaction") return signatureOf(params[0] as string);
    const question = JSON.stringify([method, params]);
    if (!answers.has(question)) answers.set(question, await honest());
    return answers.get(question);
  };
}

/** Says whatever suits it; `bySlots`: how far what moves with the blocks is from the truth. */
export function lying(bySlots: number): Fault {
  const moved = (context: { slot: number }) => ({ ...context, slot: Math.max(0, context.slot + bySlots) });
  return async ({ method, params }, honest) => {
    switch (method) {
      case "sendTransaction":
        // Kept to itself.
        return signatureOf(params[0] as string);
      case "getSignatureStatuses": {
        const { context } = await honest();
        const status = { slot: context.slot, confirmations: null, err: null, confirmationStatus: "finalized" };
        return { context: moved(context), value: (params[0] as unknown[]).map(() => status) };
      }
      case "getLatestBlockhash": {
        const { context, value } = await honest();
        const lastValidBlockHeight = Math.max(0, value.lastValidBlockHeight + bySlots);
        return { context: moved(context), value: { blockhash: "1".repeat(32), lastValidBlockHeight } };
      }
      case "getEpochInfo": {
        const { absoluteSlot, blockHeight, ...rest } = await honest();
        return {
          ...rest,
          ...{ absoluteSlot: Math.max(0, absoluteSlot + bySlots) },
          blockHeight: Math.max(0, blockHeight + bySlots),
        };
      }
      case "simulateTransaction": {
        const { context } = await honest();
        return {
          context: moved(context),
          value: { err: { InstructionError: [0, "InvalidArgument"] }, logs: [], unitsConsumed: 1 },
        };
      }
      case "getAccountInfo": {
        const { context, value } = await honest();
        return { context: moved(context), value: value && { ...value, data: [forged(value.data[0]), "base64"] } };
      }
      case "getMultipleAccounts": {
        const { context, value } = await honest();
        return { context: moved(context), value: value.map(() => null) };
      }
      case "getProgramAccounts": {
        const all = await honest();
        return all.context === undefined ? [] : { context: moved(all.context), value: [] };
      }
      default:
        return honest();
    }
  };
}

/** The same bytes with every byte after the discriminator another one. */
function forged(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  return Buffer.from(bytes.map((byte, at) => (at < 8 ? byte : byte ^ 1))).toString("base64");
}

/** What an honest endpoint would answer: the first signature of a transaction. */
function signatureOf(base64: string): string {
  return base58Text(Buffer.from(base64, "base64").subarray(1, 65));
}
