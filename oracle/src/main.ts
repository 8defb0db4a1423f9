/** The oracle's process: `bun oracle/src/main.ts COMMAND`, see `--help`. */
import { runCli } from "./cli/app.ts";

let isCutShort = false;

// Who reads the first lines and goes away (`… | head -1`) has what it wanted; an answer that a full disk cut short is another matter.
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (code === "EPIPE" || isCutShort) return;
  isCutShort = true;
  process.stderr.write(`ORC_WRITE_FAILED: standard output: ${code ?? message}\n`);
  process.exitCode = 1;
});
// It has nobody to go to, and the log of a service is no reason to end.
process.stderr.on("error", () => {});

const code = await runCli(process.argv.slice(2), process);
if (!isCutShort) process.exitCode = code;
