/** The command line of the client: its commands, and how its errors become exit codes. */
import { buildApplication, buildRouteMap, run, text_en } from "@stricli/core";
import { type CliContext, EXIT, type Terminal } from "./context.ts";
import { dcBalanceCommand, dcMintCommand, dcPriceCommand } from "./data-credits.ts";
import { hotspotInfoCommand, hotspotOnboardCommand } from "./hotspot.ts";
import { localnetCommand } from "./localnet.ts";
import { networkParamsCommand } from "./network.ts";
import { rewardsClaimCommand, rewardsStatusCommand } from "./rewards.ts";

const routes = buildRouteMap({
  routes: {
    localnet: localnetCommand,
    network: buildRouteMap({ routes: { params: networkParamsCommand }, docs: { brief: "The network's rules" } }),
    dc: buildRouteMap({
      routes: { price: dcPriceCommand, balance: dcBalanceCommand, mint: dcMintCommand },
      docs: { brief: "Data credits" },
    }),
    hotspot: buildRouteMap({
      routes: { onboard: hotspotOnboardCommand, info: hotspotInfoCommand },
      docs: { brief: "Hotspots" },
    }),
    rewards: buildRouteMap({
      routes: { status: rewardsStatusCommand, claim: rewardsClaimCommand },
      docs: { brief: "Rewards" },
    }),
  },
  docs: { brief: "Earshot on chain" },
});

const app = buildApplication<CliContext>(routes, {
  name: "earshot",
  scanner: { caseStyle: "allow-kebab-for-camel" },
  documentation: { caseStyle: "convert-camel-to-kebab" },
  localization: { text: text_en },
  determineExitCode: () => EXIT.failed,
});

interface StricliStreams {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  exitCode: number | string | null;
}

/** Runs one command line and gives its exit code; never throws. */
export async function runCli(
  args: readonly string[],
  streams: { readonly stdout: Terminal; readonly stderr: Terminal },
  interrupted: () => Promise<void>,
): Promise<number> {
  // stricli leaves its own code here: 0, ours, or a negative one for command lines it cannot read.
  const process: StricliStreams = { stdout: streams.stdout, stderr: streams.stderr, exitCode: null };
  const context: CliContext = { process, interrupted, exitCode: EXIT.done };
  await run(app, args, context);
  const code = Number(process.exitCode ?? 0);
  if (code < 0 || code > 127) return EXIT.usage;
  return code === EXIT.done ? context.exitCode : code;
}
