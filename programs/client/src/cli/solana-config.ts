/** What `solana config set` wrote: the RPC and the keypair of its user. Two of its lines are read; the rest is for other tools. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface SolanaConfig {
  readonly url: string | undefined;
  readonly keypairPath: string | undefined;
}

export function solanaConfig(path = join(homedir(), ".config", "solana", "cli", "config.yml")): SolanaConfig {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const field = (name: string) => {
    const value = new RegExp(`^${name}: *(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
    const unquoted = value.replace(/^(["'])(.*)\1$/, "$2");
    return unquoted === "" ? undefined : unquoted;
  };
  return { url: field("json_rpc_url"), keypairPath: field("keypair_path") };
}
