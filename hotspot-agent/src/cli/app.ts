/** The command line of the agent: its commands, and how its errors become exit codes. */
import { buildApplication, buildRouteMap, run, text_en } from "@stricli/core";
import { agentVersion } from "../version.ts";
import { configRoutes } from "./config.ts";
import { type CliContext, EXIT, type Terminal } from "./context.ts";
import { doctorCommand } from "./doctor.ts";
import { infoCommand } from "./info.ts";
import { initCommand } from "./init.ts";
import { serverCommand } from "./server.ts";

const routes = buildRouteMap({
  routes: {
    init: initCommand,
    server: serverCommand,
    info: infoCommand,
    doctor: doctorCommand,
    config: configRoutes,
  },
  docs: {
    brief: "Earshot's hotspot agent: relays LoRaWAN packets to ChirpStack and proves coverage",
    fullDescription:
      "Relays LoRaWAN packets to ChirpStack and proves coverage. Start with `hotspot-agent init`; `hotspot-agent server` runs the agent; " +
      "`hotspot-agent doctor` says what is wrong and what to do.",
  },
});

const app = buildApplication<CliContext>(routes, {
  name: "hotspot-agent",
  versionInfo: { currentVersion: agentVersion },
  scanner: { caseStyle: "allow-kebab-for-camel" },
  documentation: { caseStyle: "convert-camel-to-kebab" },
  localization: { text: text_en },
  determineExitCode: () => EXIT.failed,
});

export interface CliSurroundings {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ask: CliContext["ask"];
}

/** Runs one command line and gives its exit code; never throws. */
export async function runCli(args: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const { stdout, stderr, environment, ask } = surroundings;
  // stricli leaves its own code here: 0, ours, or a negative one for command lines it cannot read.
  const process = { stdout, stderr, exitCode: null as number | string | null };
  const context: CliContext = { process, environment, ask, exitCode: EXIT.done };
  await run(app, args, context);
  const code = Number(process.exitCode ?? 0);
  if (code < 0 || code > 127) return EXIT.usage;
  return code === EXIT.done ? context.exitCode : code;
}
