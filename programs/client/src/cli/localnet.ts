/** `localnet`: a Solana chain on this machine with Earshot's programs and funded wallets, until it is interrupted. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import type { StartedChain } from "../localnet/start.ts";
import { type CliContext, guarded, type JsonFlag, jsonFlag, print } from "./context.ts";
import { hashParser, integerParser, textParser } from "./parse.ts";
import { LOCAL_NETWORK_FILE, LOCAL_URL } from "./session.ts";

interface LocalnetFlags extends JsonFlag {
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly slotMs: number;
  readonly finalizedAfter: number;
  readonly epochSeconds: number;
  readonly parameterHash?: Uint8Array;
}

const ARTIFACTS = join(import.meta.dirname, "../../../artifacts");

export const localnetCommand = buildCommand<LocalnetFlags, [], CliContext>({
  docs: {
    brief: "Run a local Solana chain with the programs, a network and funded wallets",
    fullDescription:
      "Speaks Solana's JSON-RPC on PORT and websocket on PORT + 1, on 127.0.0.1 only. The chain is saved in DIR every ten seconds and at the end, " +
      "and goes on from there the next time. Extra methods: earshot_warp, earshot_snapshot, earshot_restore, earshot_info.",
  },
  parameters: {
    flags: {
      port: {
        kind: "parsed",
        parse: integerParser(0, 65_534),
        brief: "Port of JSON-RPC; 0 takes a free one",
        default: "8899",
      },
      data: {
        kind: "parsed",
        parse: textParser,
        brief: "Folder of snapshots and keypair files",
        default: ".earshot/localnet",
      },
      fresh: { kind: "boolean", brief: "Start a new chain even where one was saved", default: false },
      slotMs: { kind: "parsed", parse: integerParser(1, 60_000), brief: "Milliseconds a slot", default: "400" },
      finalizedAfter: {
        kind: "parsed",
        parse: integerParser(1, 1000),
        brief: "Blocks until a new chain's block is final; 32 on a cluster",
        default: "32",
      },
      epochSeconds: {
        kind: "parsed",
        parse: integerParser(24, 86_400),
        brief: "Seconds of an epoch of a new network; 24 at least, a multiple of 24",
        default: "86400",
      },
      parameterHash: {
        kind: "parsed",
        parse: hashParser,
        brief: "SHA-256 of a new network's parameters, in hex; without it that of the preset for its epoch",
        optional: true,
      },
      json: jsonFlag,
    },
  },
  async func(flags) {
    await guarded(this, flags, async () => {
      // LiteSVM is native code for some platforms only: the other commands must not need it.
      const { REAL_CLOCK, startLocalnet } = await import("../localnet/index.ts");
      const started = startLocalnet({
        port: flags.port,
        folder: resolve(flags.data),
        artifacts: ARTIFACTS,
        fresh: flags.fresh,
        seed: randomBytes(32),
        clock: REAL_CLOCK,
        slotMs: flags.slotMs,
        settings: { finalizedAfter: flags.finalizedAfter },
      });
      const networkFile = join(resolve(flags.data), "network.json");
      if (!started.isRestored && started.programs.length > 0) {
        const { createLocalNetwork, writeNetworkFile } = await import("./local-network.ts");
        const network = await createLocalNetwork({
          chain: started.node.chain,
          secretKeys: new Map(started.wallets.map(({ name, keypair }) => [name, keypair.secretKey])),
          epochSeconds: flags.epochSeconds,
          parameterHash: flags.parameterHash,
        });
        writeNetworkFile(networkFile, network);
      }
      const network = existsSync(networkFile) ? JSON.parse(readFileSync(networkFile, "utf8")) : null;
      const stopKeeping = network === null ? () => {} : await keepPrice(started, network);
      print(this, flags, { json: summaryJson(started, network), text: summaryText(started, network) });
      await this.interrupted();
      stopKeeping();
      await started.stop();
    });
  },
});

/** The chain's oracles go on saying the price the network began with. */
async function keepPrice({ node, wallets }: StartedChain, { dcConfig }: Readonly<Record<string, string>>) {
  const [{ REAL_CLOCK }, { keepPriceFresh }, { PublicKey }] = await Promise.all([
    import("../localnet/index.ts"),
    import("./price-keeper.ts"),
    import("@solana/web3.js"),
  ]);
  const oracles = wallets.filter(({ name }) => name.startsWith("oracle-")).map(({ keypair }) => keypair.secretKey);
  return keepPriceFresh({ node, clock: REAL_CLOCK, network: { dcConfig: new PublicKey(dcConfig!) }, oracles });
}

type NetworkSummary = Readonly<Record<string, string>> | null;

function summaryJson(
  { server, isRestored, programs, wallets, keypairFiles, node }: StartedChain,
  network: NetworkSummary,
): unknown {
  return {
    url: server.url,
    websocketUrl: server.websocketUrl,
    isRestored,
    slot: node.chain.slotAt("processed"),
    programs,
    network,
    wallets: wallets.map(({ name, keypair }) => ({
      name,
      address: keypair.address,
      keypairFile: keypairFiles.get(name),
    })),
  };
}

function summaryText(
  { server, isRestored, programs, wallets, keypairFiles, node }: StartedChain,
  network: NetworkSummary,
): string {
  const width = Math.max(...wallets.map(({ name }) => name.length), ...programs.map(({ name }) => name.length));
  // Elsewhere than the commands look by themselves.
  const isUsual = server.url === LOCAL_URL && network !== null && existsSync(LOCAL_NETWORK_FILE);
  const where = isUsual ? "" : `--url ${server.url} --token-mint ${network?.tokenMint} `;
  const row = (name: string, ...rest: (string | undefined)[]) => `  ${name.padEnd(width)}  ${rest.join("  ")}`;
  return [
    `localnet ${isRestored ? `goes on at slot ${node.chain.slotAt("processed")}` : "starts a new chain"}`,
    row("rpc", server.url),
    row("websocket", server.websocketUrl),
    "",
    programs.length === 0 ? "programs: none are built" : "programs",
    ...programs.map(({ name, address }) => row(name, address)),
    "",
    ...(network === null
      ? []
      : ["network", ...Object.entries(network).map(([name, address]) => row(name, address)), ""]),
    "wallets, 1,000 SOL each when new",
    ...wallets.map(({ name, keypair }) => row(name, keypair.address.padEnd(44), keypairFiles.get(name))),
    "",
    "in another terminal of this folder:",
    `  SOLANA_KEYPAIR=${relative(process.cwd(), keypairFiles.get("owner") ?? "")} npx -y bun@1.4.5 run --silent earshot ${where}dc balance`,
    "and on: docs/guides/deploy.md",
    "",
    "ready; stop with Ctrl-C",
    "",
  ].join("\n");
}
