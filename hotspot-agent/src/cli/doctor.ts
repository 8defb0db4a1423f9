/** `hotspot-agent doctor`: what is wrong with this hotspot, why, and what to do; `--bundle` writes it all down for a helper. */
import { buildCommand } from "@stricli/core";
import type { AgentConfig } from "../config/agent-config.ts";
import { writeBundle } from "../doctor/bundle.ts";
import { findings } from "../doctor/checks.ts";
import type { Finding } from "../doctor/finding.ts";
import { probe } from "../doctor/probes.ts";
import { fetchStatus } from "../local-page/client.ts";
import {
  answer,
  type CliContext,
  type CommonFlags,
  commonAliases,
  commonFlags,
  loadConfig,
  textParser,
} from "./context.ts";

interface DoctorFlags extends CommonFlags {
  readonly bundle?: string;
}

export const doctorCommand = buildCommand<DoctorFlags, [], CliContext>({
  docs: {
    brief: "Say what is wrong: radio, forwarder, disk, brokers, clock, oracle, registration",
    fullDescription:
      "Asks the running agent; without one it tries disk, names and ports itself. Exit code 1 if something fails.",
  },
  parameters: {
    flags: {
      ...commonFlags,
      bundle: {
        kind: "parsed",
        parse: textParser,
        brief: "Also write findings, status, metrics and configuration to a file, secrets and addresses taken out",
        placeholder: "FILE",
        optional: true,
      },
    },
    aliases: commonAliases,
  },
  async func(flags) {
    await answer(this, flags, async () => {
      const { config, written } = loadConfig(this, flags);
      const status = config.page.enabled ? await fetchStatus(config.page.listen) : undefined;
      const found = status === undefined ? [notRunning(config), ...(await probe(config))] : findings(status);
      if (flags.bundle !== undefined)
        await writeBundle(flags.bundle, { found, status, written, page: config.page.listen });
      return {
        json: { running: status !== undefined, findings: found },
        text: found.map(findingText).join(""),
        failed: found.some(({ verdict }) => verdict === "fail"),
      };
    });
  },
});

function notRunning({ page }: AgentConfig): Finding {
  return {
    check: "agent",
    verdict: "fail",
    cause: page.enabled
      ? `No agent answers at ${page.listen.host}:${page.listen.port}.`
      : "The local page is off, so the agent cannot be asked.",
    remedy: page.enabled
      ? 'Run "systemctl start hotspot-agent", and see "journalctl -u hotspot-agent". If it runs, another program has that port: change page.listen.'
      : "Set page.enabled = true.",
  };
}

function findingText({ check, verdict, cause, remedy }: Finding): string {
  return `${verdict.padEnd(4)}  ${check}: ${cause}\n${remedy === null ? "" : `      → ${remedy}\n`}`;
}
