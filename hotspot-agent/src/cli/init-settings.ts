/** What `init` is told, by flags or by a person: each value is checked when it comes, and a person who errs is asked again at once. */
import { CodedError } from "@earshot/geo/errors";
import { readConfig } from "../config/read-config.ts";
import type { CliContext } from "./context.ts";

export class InitSettings {
  readonly #ask: CliContext["ask"];
  readonly #say: (line: string) => void;
  readonly #lines: string[] = [];

  /** `ask` is undefined where nobody is there; `say` takes what was wrong with an answer. */
  constructor(ask: CliContext["ask"], say: (line: string) => void) {
    this.#ask = ask;
    this.#say = say;
  }

  /** All of them, as `KEY=VALUE`. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Sets a key, to be checked with all others at the end; nothing and "" leave its default. */
  set(key: string, value: string | undefined): void {
    if (value !== undefined && value !== "") this.#lines.push(`${key}=${value}`);
  }

  /** Sets a key by a flag, else by what is answered to the question. Gives what was set. Throws AGT_BAD_CONFIG for a wrong flag. */
  take(key: string, flag: string | undefined, question: string, usual = ""): string {
    const isAsked = flag === undefined && this.#ask !== undefined;
    for (;;) {
      const given = isAsked ? this.#ask?.(question)?.trim() : flag;
      const value = given === undefined || given === "" ? usual : given;
      const error = value === "" ? undefined : errorOf([...this.#lines, `${key}=${value}`]);
      const problem = problemAt(key, error);
      if (problem === undefined) {
        this.set(key, value);
        return value;
      }
      if (!isAsked) throw error;
      this.#say(problem);
    }
  }
}

function errorOf(flags: readonly string[]): CodedError | undefined {
  try {
    readConfig({ file: undefined, environment: {}, flags });
    return undefined;
  } catch (error) {
    if (error instanceof CodedError && error.code === "AGT_BAD_CONFIG") return error;
    throw error;
  }
}

/** What a configuration error says of one key: `KEY (where): problem`, a line each. */
function problemAt(key: string, error: CodedError | undefined): string | undefined {
  const lines = error?.message.replace(/^[A-Z_]+: /, "").split("\n  ") ?? [];
  return lines.find((line) => line.startsWith(`${key} (`))?.replace(/^[^ ]+ \([^)]*\): /, "");
}
