/** `wallet`: whose keypair the other commands use. */
import { buildCommand } from "@stricli/core";
import { type CliContext, guarded, print } from "./context.ts";
import { readKeypair } from "./keys.ts";
import { type ChainFlags, chainFlags, keypairPath } from "./session.ts";

export const walletCommand = buildCommand<ChainFlags, [], CliContext>({
  docs: { brief: "Print the address of the keypair that is used" },
  parameters: { flags: chainFlags },
  async func(flags) {
    await guarded(this, flags, async () => {
      const keypairFile = keypairPath(flags);
      const wallet = readKeypair(keypairFile).publicKey.toBase58();
      print(this, flags, { json: { wallet, keypairFile }, text: `${wallet}\n` });
    });
  },
});
