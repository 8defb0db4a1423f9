/** The client's process: `bun programs/client/src/main.ts COMMAND`, see `--help`. */
import { runCli } from "./cli/app.ts";

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
}

// Who reads the first lines and goes away (`… | head -1`) has what it wanted; the rest has nobody to go to.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), process, interrupted);
