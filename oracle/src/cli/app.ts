/** The command line of the oracle: its commands, and how its errors become exit codes. */
import { buildApplication, buildRouteMap, run, text_en } from "@stricli/core";
import { appealRoutes } from "./appeal.ts";
import { auditCommand } from "./audit.ts";
import { browseCommand } from "./browse.ts";
import { type CliContext, EXIT, type Terminal } from "./context.ts";
import { explainCommand } from "./explain.ts";
import { ingestKeyCommand } from "./ingest-key.ts";
import { invoicesCommand } from "./invoices.ts";
import { meterCommand } from "./meter.ts";
import { organisationRoutes } from "./organisation.ts";
import { refuteCommand } from "./refute.ts";
import { routeRoutes } from "./route.ts";
import { scoreCommand } from "./score.ts";
import { configRoutes, serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";
import { takeOverCommand } from "./take-over.ts";
import { tourCommand } from "./tour.ts";
import { verifyReceiptCommand, verifyReportCommand } from "./verify.ts";
import { workCommand } from "./work.ts";

const routes = buildRouteMap({
  routes: {
    serve: serveCommand,
    work: workCommand,
    ingestKey: ingestKeyCommand,
    takeOver: takeOverCommand,
    config: configRoutes,
    simulate: simulateCommand,
    score: scoreCommand,
    audit: auditCommand,
    verifyReport: verifyReportCommand,
    verifyReceipt: verifyReceiptCommand,
    explain: explainCommand,
    browse: browseCommand,
    meter: meterCommand,
    invoices: invoicesCommand,
    organisation: organisationRoutes,
    route: routeRoutes,
    refute: refuteCommand,
    appeal: appealRoutes,
    tour: tourCommand,
  },
  docs: { brief: "Earshot's oracle: serve it, simulate coverage, score it, audit it, explain it" },
});

const app = buildApplication<CliContext>(routes, {
  name: "oracle",
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
): Promise<number> {
  // stricli leaves its own code here: 0, ours, or a negative one for command lines it cannot read.
  const process: StricliStreams = { stdout: streams.stdout, stderr: streams.stderr, exitCode: null };
  const context: CliContext = { process, exitCode: EXIT.done };
  await run(app, args, context);
  const code = Number(process.exitCode ?? 0);
  if (code < 0 || code > 127) return EXIT.usage;
  return code === EXIT.done ? context.exitCode : code;
}
