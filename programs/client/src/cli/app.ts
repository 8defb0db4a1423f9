/** The command line of the client: its commands, and how its errors become exit codes. */
import { buildApplication, buildRouteMap, run, text_en } from "@stricli/core";
import { type CliContext, EXIT, type Terminal } from "./context.ts";
import { dcBalanceCommand, dcMintCommand, dcPriceCommand, dcSayPriceCommand } from "./data-credits.ts";
import {
  govExtendCommand,
  govLockCommand,
  govPositionsCommand,
  govTopUpCommand,
  govUnlockCommand,
  govWithdrawCommand,
} from "./gov-positions.ts";
import {
  govCancelCommand,
  govExecuteCommand,
  govListCommand,
  govProposeCommand,
  govShowCommand,
  govVoteCommand,
} from "./gov-proposals.ts";
import { hotspotInfoCommand, hotspotListCommand, hotspotRewardsCommand } from "./hotspot-info.ts";
import { hotspotAssertCommand } from "./hotspot-location.ts";
import { hotspotOnboardCommand } from "./hotspot-onboard.ts";
import {
  hotspotAntennaCommand,
  hotspotBeneficiaryCommand,
  hotspotSyncCommand,
  hotspotTransferCommand,
} from "./hotspot-owner.ts";
import { localnetCommand } from "./localnet.ts";
import { networkCreateCommand, networkParamsCommand, networkPlanCommand } from "./network.ts";
import { networkHandOverCommand } from "./network-hand-over.ts";
import { playEpochCommand } from "./play-epoch.ts";
import { rewardsClaimCommand, rewardsStatusCommand } from "./rewards.ts";
import { dcFundCommand, dcRegisterCommand, dcRouterCommand } from "./routers.ts";
import { walletCommand } from "./wallet.ts";

const routes = buildRouteMap({
  routes: {
    localnet: localnetCommand,
    playEpoch: playEpochCommand,
    wallet: walletCommand,
    network: buildRouteMap({
      routes: {
        params: networkParamsCommand,
        plan: networkPlanCommand,
        create: networkCreateCommand,
        handOver: networkHandOverCommand,
      },
      docs: { brief: "The network's rules, and founding one" },
    }),
    hotspot: buildRouteMap({
      routes: {
        onboard: hotspotOnboardCommand,
        assert: hotspotAssertCommand,
        antenna: hotspotAntennaCommand,
        beneficiary: hotspotBeneficiaryCommand,
        transfer: hotspotTransferCommand,
        sync: hotspotSyncCommand,
        info: hotspotInfoCommand,
        list: hotspotListCommand,
        rewards: hotspotRewardsCommand,
      },
      docs: { brief: "Hotspots" },
    }),
    dc: buildRouteMap({
      routes: {
        price: dcPriceCommand,
        balance: dcBalanceCommand,
        mint: dcMintCommand,
        register: dcRegisterCommand,
        fund: dcFundCommand,
        sayPrice: dcSayPriceCommand,
        router: dcRouterCommand,
      },
      docs: { brief: "Data credits, and accounts that packets are paid from" },
    }),
    rewards: buildRouteMap({
      routes: { status: rewardsStatusCommand, claim: rewardsClaimCommand },
      docs: { brief: "Rewards" },
    }),
    gov: buildRouteMap({
      routes: {
        lock: govLockCommand,
        extend: govExtendCommand,
        topUp: govTopUpCommand,
        unlock: govUnlockCommand,
        withdraw: govWithdrawCommand,
        positions: govPositionsCommand,
        propose: govProposeCommand,
        vote: govVoteCommand,
        execute: govExecuteCommand,
        cancel: govCancelCommand,
        list: govListCommand,
        show: govShowCommand,
      },
      docs: { brief: "Governance: locked tokens, proposals, votes" },
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
