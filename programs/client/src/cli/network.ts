/** `network params`: what the network's account on chain says. */
import { buildCommand } from "@stricli/core";
import type { CliContext } from "./context.ts";
import { type ChainFlags, chainFlags, withSession } from "./session.ts";
import { fieldLines, plain } from "./show.ts";

export const networkParamsCommand = buildCommand<ChainFlags, [], CliContext>({
  docs: { brief: "Show the network's accounts, fees, rules and parameter hash" },
  parameters: { flags: chainFlags },
  async func(flags) {
    await withSession(this, flags, async ({ programs, network }) => {
      const stored = await programs.account("registry", "network", network.network);
      const json = plain({ addresses: network, network: stored }) as Record<string, unknown>;
      return { json, text: fieldLines(json) };
    });
  },
});
