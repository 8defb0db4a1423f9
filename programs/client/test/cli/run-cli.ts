/** Runs a command line in this process. */
import { runCli } from "../../src/cli/app.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `whileRunning` gets what was printed so far; a command that keeps running ends when it is done. */
export async function earshot(
  args: readonly string[],
  whileRunning: (out: string) => Promise<void> = async () => {},
): Promise<Run> {
  let out = "";
  let err = "";
  const streams = {
    stdout: {
      write(text: string) {
        out += text;
      },
    },
    stderr: {
      write(text: string) {
        err += text;
      },
    },
  };
  const code = await runCli(args, streams, () => whileRunning(out));
  return { code, out, err };
}
