/** A wallet on the command line that may be left out. */
import { textParser } from "./parse.ts";

export function optionalWallet() {
  return {
    kind: "tuple",
    parameters: [
      { parse: textParser, brief: "Address; the keypair's without it", placeholder: "WALLET", optional: true },
    ],
  } as const;
}
