/** The oracle's process: `bun oracle/src/main.ts COMMAND`, see `--help`. */
import { runCli } from "./cli/app.ts";

process.exitCode = await runCli(process.argv.slice(2), process);
