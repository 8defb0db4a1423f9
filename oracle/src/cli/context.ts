/**
 * What every command runs in: its streams, its exit code, and how it answers.
 *
 * Answers go to stdout, as text or with --json as JSON and nothing else; everything else goes to stderr. Exit codes: 0 done, 1 an
 * audit found a difference or the command failed, 2 the command line was wrong.
 */
import { CodedError } from "@earshot/geo";
import type { CommandContext } from "@stricli/core";
import { jsonLine, printable } from "./format.ts";
import { ProgressBar } from "./progress-bar.ts";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export interface Terminal {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface CliContext extends CommandContext {
  readonly process: { readonly stdout: Terminal; readonly stderr: Terminal };
  exitCode: number;
}

/** The flag that every command has. */
export interface JsonFlag {
  readonly json: boolean;
}

export const jsonFlag = { kind: "boolean", brief: "Print the answer as JSON", default: false } as const;

/** What a command gives back: the same answer for machines and for people, and whether it is a bad one. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  readonly failed?: boolean;
}

/** Runs a command and prints its answer; an error becomes one line on stderr, and JSON on stdout where JSON was asked for. */
export async function answer(
  context: CliContext,
  { json }: JsonFlag,
  run: (progress: ProgressBar) => Promise<Answer>,
): Promise<void> {
  const progress = new ProgressBar(context.process.stderr);
  try {
    const result = await run(progress);
    progress.clear();
    context.process.stdout.write(json ? jsonLine(result.json) : printable(result.text));
    if (result.failed === true) context.exitCode = EXIT.failed;
  } catch (error) {
    progress.clear();
    context.exitCode = isUsageError(error) ? EXIT.usage : EXIT.failed;
    if (!(error instanceof CodedError)) throw error;
    context.process.stderr.write(`${printable(error.message)}\n`);
    if (json) context.process.stdout.write(jsonLine({ error: { code: error.code, message: error.message } }));
  }
}

/** Codes of a wrong command line or configuration: trying again without a change is no use. */
const USAGE_CODES: ReadonlySet<string> = new Set(["ORC_BAD_OPTION", "ORC_BAD_CONFIG"]);

function isUsageError(error: unknown): boolean {
  return error instanceof CodedError && USAGE_CODES.has(error.code);
}
