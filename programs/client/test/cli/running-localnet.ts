/** A local chain as `localnet` starts it, and commands against it in the name of its wallets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, Keypair } from "@solana/web3.js";
import { expect } from "vitest";
import { earshot, type Run } from "./run-cli.ts";

export interface RunningLocalnet {
  readonly folder: string;
  readonly url: string;
  readonly connection: Connection;
  readonly network: Readonly<Record<string, string>>;
  /** The keypair file of a wallet. */
  keypair(name: string): string;
  address(name: string): string;
  /** A command of a wallet, as JSON; gives everything it printed. */
  run(wallet: string, words: string, ...args: readonly string[]): Promise<Run>;
  /** The same for a command that has to succeed; gives its answer. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the command says.
  answer(wallet: string, words: string, ...args: readonly string[]): Promise<any>;
  /** A command that has to be refused; gives its line of error. */
  refusal(wallet: string, words: string, ...args: readonly string[]): Promise<string>;
  /** A file in the folder; gives its path. */
  write(name: string, value: unknown): string;
  /** Moves the chain's clock on. */
  warp(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startLocalnetCommand(...more: readonly string[]): Promise<RunningLocalnet> {
  const folder = mkdtempSync(join(tmpdir(), "earshot-commands-"));
  const args = ["localnet", "--port", "0", "--data", folder, "--slot-ms", "20", "--json", ...more];
  let end = () => {};
  let running: Promise<Run> | undefined;
  const summary = await new Promise<{ url: string; network: Record<string, string> }>((ready, fail) => {
    running = earshot(args, (out) => {
      ready(JSON.parse(out));
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    running.then(({ err }) => fail(new Error(err)), fail);
  });
  const { url, network } = summary;
  const connection = new Connection(url, "confirmed");
  const keypair = (name: string) => (name.includes("/") ? name : join(folder, "keys", `${name}.json`));
  const chain = ["--url", url, "--token-mint", network.tokenMint!, "--lookup-table", network.lookupTable!, "--json"];
  const run = (wallet: string, words: string, ...given: readonly string[]) =>
    earshot([...words.split(" "), ...given, ...chain, "--keypair", keypair(wallet)]);
  return {
    folder,
    url,
    connection,
    network,
    keypair,
    run,
    address: (name) =>
      Keypair.fromSecretKey(
        Uint8Array.from(JSON.parse(readFileSync(keypair(name), "utf8")) as number[]),
      ).publicKey.toBase58(),
    async answer(wallet, words, ...given) {
      const { code, out, err } = await run(wallet, words, ...given);
      expect([code, err]).toEqual([0, ""]);
      return JSON.parse(out);
    },
    async refusal(wallet, words, ...given) {
      const { code, out, err } = await run(wallet, words, ...given);
      expect(code).not.toBe(0);
      expect(err).toMatch(/^PRG_[A-Z_]+: [^\n]+\n$/);
      expect(err).toContain(JSON.parse(out).error.code);
      return err;
    },
    write(name, value) {
      const path = join(folder, name);
      writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
      return path;
    },
    async warp(seconds) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "earshot_warp", params: [{ seconds }] });
      const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      expect(((await answer.json()) as { error?: unknown }).error).toBeUndefined();
    },
    async stop() {
      end();
      await running;
      rmSync(folder, { recursive: true });
    },
  };
}
