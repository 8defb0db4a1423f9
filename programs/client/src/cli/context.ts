/**
 * What every command runs in, and how it answers.
 *
 * Answers go to stdout, as text or with --json as JSON and nothing else; errors go to stderr. Exit codes: 0 done, 1 failed, 2 the
 * command line was wrong.
 */
import type { CommandContext } from "@stricli/core";
import { ClientError } from "../errors.ts";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export interface Terminal {
  write(text: string): void;
}

export interface CliContext extends CommandContext {
  readonly process: { readonly stdout: Terminal; readonly stderr: Terminal };
  /** Resolves when the user wants a command that keeps running to end. */
  readonly interrupted: () => Promise<void>;
  exitCode: number;
}

export interface JsonFlag {
  readonly json: boolean;
}

export const jsonFlag = { kind: "boolean", brief: "Print the answer as JSON", default: false } as const;

/** Prints an answer in the asked form. */
export function print(
  context: CliContext,
  { json }: JsonFlag,
  answer: { readonly json: unknown; readonly text: string },
): void {
  context.process.stdout.write(json ? `${JSON.stringify(answer.json)}\n` : answer.text);
}

/** Runs a command; a coded error becomes one line, and JSON where JSON was asked for. */
export async function guarded(context: CliContext, flags: JsonFlag, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { code, message } = error;
    context.exitCode = code === "PRG_BAD_OPTION" ? EXIT.usage : EXIT.failed;
    context.process.stderr.write(`${code}: ${message}\n`);
    if (flags.json) context.process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  }
}
