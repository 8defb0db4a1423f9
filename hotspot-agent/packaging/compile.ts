/** Compiles an entry of the agent into one program with Bun's runtime in it: the flags that releases and the bench share. */
import { join } from "node:path";

export type Architecture = "arm64" | "x64";

/**
 * Writes the program to `out`. It looks at nothing beside it: a `.env` or `bunfig.toml` there
 * changes nothing. Throws what the bundler said when it failed.
 */
export function compile(entry: string, out: string, architecture: Architecture): void {
  const done = Bun.spawnSync(
    [
      process.execPath,
      "build",
      "--compile",
      `--target=bun-linux-${architecture}`,
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      "--minify-syntax",
      "--minify-whitespace",
      `--outfile=${out}`,
      entry,
    ],
    { cwd: join(import.meta.dirname, "../.."), stdout: "ignore", stderr: "pipe" },
  );
  if (done.exitCode !== 0) throw new Error(`bun build failed:\n${done.stderr}`);
}
