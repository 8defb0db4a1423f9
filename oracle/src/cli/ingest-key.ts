/** `oracle ingest-key`: the key that names this oracle's log, made where there is none, so that the others can name it before it starts. */
import { keyToText } from "@earshot/poc/protocol";
import { buildCommand } from "@stricli/core";
import { configuredSigner } from "../service/ingest-key.ts";
import { answer, type CliContext } from "./context.ts";
import { aliases, type ConfigFlags, configFlags, loadConfig } from "./serve.ts";

export const ingestKeyCommand = buildCommand<ConfigFlags, [], CliContext>({
  docs: {
    brief: "Say the key of this oracle's ingest; make it where there is none",
    fullDescription:
      "The public key that `peers.ingests` of the other oracles and `signers` of agents name. The file is `ingest.key` in the data folder, or what " +
      "`ingest.key_file` names, which must be there.",
  },
  parameters: { flags: configFlags, aliases },
  func(flags) {
    return answer(this, flags, async () => {
      const ingestKey = keyToText(configuredSigner(loadConfig(flags), true).publicKey);
      return { json: { ingestKey }, text: `${ingestKey}\n` };
    });
  },
});
