/** Errors of JSON-RPC 2.0 and of Solana's RPC, by their numbers. */

export const RPC_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  blockCleanedUp: -32001,
  preflightFailure: -32002,
  signatureVerificationFailure: -32003,
  blockNotAvailable: -32004,
  slotSkipped: -32007,
  unsupportedTransactionVersion: -32015,
  minContextSlotNotReached: -32016,
} as const;

export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: keyof typeof RPC_CODES, message: string, data?: unknown) {
    super(message);
    this.name = "RpcError";
    this.code = RPC_CODES[code];
    this.data = data;
  }
}

/** A parameter that cannot be used. */
export function invalidParams(message: string): RpcError {
  return new RpcError("invalidParams", message);
}
