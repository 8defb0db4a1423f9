/** The agent's process: `bun hotspot-agent/src/main.ts COMMAND` or the built binary, see `--help`. */
import { runCli } from "./cli/app.ts";

// A reader of our output that went away is no reason to stop relaying.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  ask: process.stdin.isTTY && process.stdout.isTTY ? (question) => prompt(question) : undefined,
});
