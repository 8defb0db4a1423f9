/**
 * Errors of the client: a stable code and a sentence. Codes are never reused.
 *
 * | code | meaning |
 * |---|---|
 * | PRG_BAD_OPTION | a value on the command line cannot be used |
 * | PRG_BAD_PROOF | a reward proof is not shaped as the program reads it |
 * | PRG_BAD_SNAPSHOT | a local chain's snapshot is damaged or of another version |
 * | PRG_NOT_FOUND | the chain does not hold what was asked for |
 * | PRG_NO_CHAIN | nobody answers at the URL |
 * | PRG_REFUSED | the chain refused a transaction; the message has the program's own error |
 * | PRG_PORT_TAKEN | a port, or the one above it, is in use |
 */
export type ClientErrorCode =
  | "PRG_BAD_OPTION"
  | "PRG_BAD_PROOF"
  | "PRG_BAD_SNAPSHOT"
  | "PRG_NOT_FOUND"
  | "PRG_NO_CHAIN"
  | "PRG_PORT_TAKEN"
  | "PRG_REFUSED";

export class ClientError extends Error {
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
  }
}
