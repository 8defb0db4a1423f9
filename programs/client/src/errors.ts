/** Errors of the client: a stable code and a sentence. Codes are never reused; docs/reference/errors.md is made from this catalogue. */

export const clientErrors = {
  PRG_BAD_OPTION:
    "A value on the command line, or a file it names, cannot be used; the message says what was expected.",
  PRG_BAD_PROOF: "A reward proof is not shaped as the program reads it, or leads to another root.",
  PRG_BAD_SNAPSHOT: "A local chain's snapshot is damaged or of another version.",
  PRG_BAD_VALUE: "A value does not fit the type an instruction takes; the message has its path and the range.",
  PRG_NOT_FOUND: "The chain does not hold what was asked for.",
  PRG_NO_CHAIN: "Nobody answers at the URL, or what answers is no Solana RPC. Worth a retry.",
  PRG_REFUSED: "The chain refused a transaction; the message has the program's own error. Nothing happened.",
  PRG_NOT_CONFIRMED: "A transaction was not confirmed before its blockhash expired: it did not happen. Worth a retry.",
  PRG_UNSURE:
    "A transaction was sent and the chain stopped answering: whether it happened has to be read from the chain.",
  PRG_TOO_LARGE: "The instructions do not fit one transaction.",
  PRG_PORT_TAKEN: "A port, or the one above it, is in use.",
} as const satisfies Readonly<Record<string, string>>;

export type ClientErrorCode = keyof typeof clientErrors;

/** Codes after which the same call may succeed. */
const RETRYABLE: ReadonlySet<ClientErrorCode> = new Set(["PRG_NO_CHAIN", "PRG_NOT_CONFIRMED", "PRG_UNSURE"]);

/** The error a program of ours refused with. */
export interface RefusedBy {
  readonly program: string;
  readonly code: number;
  readonly name: string;
}

export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** True where the outside world failed and the same call may succeed later. */
  readonly retryable: boolean;
  /** Of PRG_REFUSED, where one of our programs refused. */
  readonly programError: RefusedBy | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    { programError, ...options }: ErrorOptions & { readonly programError?: RefusedBy } = {},
  ) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
    this.programError = programError;
    this.retryable = RETRYABLE.has(code);
  }
}
