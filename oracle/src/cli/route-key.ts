/** `oracle route key`: the key of a route, made where there is none, and its text form. */
import { keyToText } from "@earshot/poc/protocol";
import { buildCommand } from "@stricli/core";
import { ingestSigner } from "../service/ingest-key.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { textParser } from "./parse.ts";

export const ROUTE_KEY_COMMENT =
  "# The key of an Earshot route. Its router account pays for what it signs: keep a copy, show it to nobody.\n";

export const routeKeyCommand = buildCommand<JsonFlag, [string], CliContext>({
  docs: {
    brief: "Say which key a key file holds; make the file where there is none",
    fullDescription:
      "The route key signs what `oracle meter` reports, and its router account on chain pays (`earshot dc register`, `earshot dc fund`).",
  },
  parameters: {
    positional: { kind: "tuple", parameters: [{ parse: textParser, brief: "Key file", placeholder: "FILE" }] },
    flags: { json: jsonFlag },
  },
  func(flags, path) {
    return answer(this, flags, async () => {
      const routeKey = keyToText(ingestSigner(path, true, ROUTE_KEY_COMMENT).publicKey);
      return { json: { routeKey, file: path }, text: `${routeKey}\n` };
    });
  },
});
