/**
 * What every command runs in: its streams, its exit code, its configuration, and how it answers.
 *
 * Answers go to stdout, as text or with --json as JSON and nothing else; everything else goes to stderr. Exit codes: 0 done,
 * 1 the command failed or found a fault, 2 the command line or the configuration is wrong.
 */
import { CodedError } from "@earshot/geo/errors";
import type { CommandContext } from "@stricli/core";
import { DEFAULT_CONFIG_PATH, type ReadConfig, readConfig, readConfigFile } from "../config/read-config.ts";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Codes of a wrong command line or configuration: trying again without a change is no use. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  "AGT_BAD_CONFIG",
  "AGT_NO_CONFIG",
  "AGT_BAD_OPTION",
  "AGT_OPEN_LISTENER",
]);

export interface Terminal {
  write(text: string): void;
  readonly isTTY?: boolean;
}

export interface CliContext extends CommandContext {
  readonly process: { readonly stdout: Terminal; readonly stderr: Terminal };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** One line that a person types after a question; undefined when nobody is there. */
  readonly ask: ((question: string) => string | null) | undefined;
  exitCode: number;
}

/** The flags that every command has. */
export interface CommonFlags {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly json: boolean;
}

export const commonFlags = {
  config: {
    kind: "parsed",
    parse: textParser,
    brief: `Configuration file; without it ${DEFAULT_CONFIG_PATH}`,
    placeholder: "FILE",
    optional: true,
  },
  set: {
    kind: "parsed",
    parse: textParser,
    brief: "Overrule one key, such as forwarder.listen=127.0.0.1:1700",
    placeholder: "KEY=VALUE",
    variadic: true,
    optional: true,
  },
  json: { kind: "boolean", brief: "Print the answer as JSON", default: false },
} as const;

export const commonAliases = { c: "config", s: "set" } as const;

/** Text that is not empty. */
export function textParser(text: string): string {
  if (text === "") throw new RangeError("expected some text, got none");
  return text;
}

/** Where the configuration file is, and whether somebody said so. */
export function configPath(
  context: CliContext,
  flags: CommonFlags,
): { readonly path: string; readonly isNamed: boolean } {
  const named = flags.config ?? context.environment.AGENT_CONFIG;
  return { path: named ?? DEFAULT_CONFIG_PATH, isNamed: named !== undefined };
}

/**
 * The configuration that this command line stands for.
 * @throws AGT_NO_CONFIG, AGT_BAD_CONFIG
 */
export function loadConfig(context: CliContext, flags: CommonFlags): ReadConfig {
  const { path, isNamed } = configPath(context, flags);
  return readConfig({ file: readConfigFile(path, isNamed), environment: context.environment, flags: flags.set ?? [] });
}

/** What a command gives back: the same answer for machines and for people, and whether it is a bad one. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  readonly failed?: boolean;
}

/** Runs a command and prints its answer; an error becomes lines on stderr, and JSON on stdout where JSON was asked for. */
export async function answer(
  context: CliContext,
  { json }: CommonFlags,
  run: () => Promise<Answer> | Answer,
): Promise<void> {
  try {
    const result = await run();
    context.process.stdout.write(json ? `${JSON.stringify(result.json)}\n` : result.text);
    if (result.failed === true) context.exitCode = EXIT.failed;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    context.exitCode = USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
    context.process.stderr.write(`${error.message}\n`);
    if (json)
      context.process.stdout.write(`${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`);
  }
}
