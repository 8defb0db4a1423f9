/** The client's process: `bun programs/client/src/main.ts COMMAND`, see `--help`. */
import { runCli } from "./cli/app.ts";

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
}

process.exitCode = await runCli(process.argv.slice(2), process, interrupted);
