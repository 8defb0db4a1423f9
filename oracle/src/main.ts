/** The oracle's process: `bun oracle/src/main.ts COMMAND`, see `--help`. */
import { runCli } from "./cli/app.ts";

// Who reads the first lines and goes away (`… | head -1`) has what it wanted; the rest has nobody to go to.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), process);
