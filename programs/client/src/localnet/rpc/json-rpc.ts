/**
 * JSON-RPC 2.0 over text: one request or a batch in, the answer out, null where only notifications were sent.
 *
 * Whatever the text, there is an answer with a standard code and never a throw.
 */
import { ClientError } from "../../errors.ts";
import { accountMethods } from "./account-methods.ts";
import { blockMethods } from "./block-methods.ts";
import type { Method, MethodTable, RpcNode } from "./method.ts";
import { nodeMethods } from "./node-methods.ts";
import { isObject, Params } from "./params.ts";
import { RpcError } from "./rpc-error.ts";
import { tokenMethods } from "./token-methods.ts";
import { transactionMethods } from "./transaction-methods.ts";

export const METHODS: MethodTable = {
  ...accountMethods,
  ...blockMethods,
  ...nodeMethods,
  ...tokenMethods,
  ...transactionMethods,
};

/** Requests in one batch. */
const MAX_BATCH = 1000;

type Id = string | number | null;

export interface Request {
  /** Undefined in a notification, which gets no answer. */
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: Params;
}

/** Answers a text with the methods of a table. */
export function answerText(text: string, node: RpcNode, methods: MethodTable = METHODS): string | null {
  return answerWith(text, (request) => {
    const method = methodOf(methods, request.method);
    if (method === null) throw new RpcError("methodNotFound", "Method not found");
    return method(node, request.params);
  });
}

/** Answers a text by calling `handle` for every request in it. */
export function answerWith(text: string, handle: (request: Request) => unknown): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return toJson(failure(null, new RpcError("parseError", "Parse error")));
  }
  if (!Array.isArray(parsed)) {
    const answer = answerOne(parsed, handle);
    return answer === null ? null : toJson(answer);
  }
  if (parsed.length === 0 || parsed.length > MAX_BATCH)
    return toJson(failure(null, new RpcError("invalidRequest", "Invalid request")));
  const answers = parsed.map((one) => answerOne(one, handle)).filter((answer) => answer !== null);
  return answers.length === 0 ? null : toJson(answers);
}

/** JSON in which bigints are numbers, as Solana writes u64. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, field) => (typeof field === "bigint" ? rawNumber(field) : field));
}

function rawNumber(value: bigint): unknown {
  const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
  return raw(value.toString());
}

function methodOf(methods: MethodTable, name: string): Method | null {
  return Object.hasOwn(methods, name) ? methods[name]! : null;
}

function answerOne(value: unknown, handle: (request: Request) => unknown): unknown {
  let id: Id | undefined = null;
  try {
    const request = requestOf(value);
    id = request.id;
    const result = handle(request);
    return id === undefined ? null : { jsonrpc: "2.0", result, id };
  } catch (error) {
    if (id === undefined) return null;
    return failure(isObject(value) && isId(value.id) ? value.id : null, error);
  }
}

function requestOf(value: unknown): Request {
  if (!isObject(value) || value.jsonrpc !== "2.0" || typeof value.method !== "string" || !isId(value.id, true))
    throw new RpcError("invalidRequest", "Invalid request");
  const { params = [] } = value;
  if (!Array.isArray(params) && params !== null)
    throw new RpcError("invalidParams", "Invalid params: expected an array.");
  return { id: value.id as Id | undefined, method: value.method, params: new Params(params ?? []) };
}

function isId(value: unknown, orNone = false): value is Id {
  return typeof value === "string" || typeof value === "number" || value === null || (orNone && value === undefined);
}

function failure(id: Id, error: unknown): unknown {
  return { jsonrpc: "2.0", error: errorObject(error), id };
}

function errorObject(error: unknown): unknown {
  if (error instanceof RpcError) {
    const { code, message, data } = error;
    return data === undefined ? { code, message } : { code, message, data };
  }
  // Something of ours is broken: say so to the client and keep serving.
  const message = error instanceof ClientError ? `${error.code}: ${error.message}` : `Internal error: ${String(error)}`;
  return { code: new RpcError("internalError", "").code, message };
}
