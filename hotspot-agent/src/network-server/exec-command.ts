/**
 * command/exec: runs one of the programs that the owner allowed a server to run, and nothing else.
 *
 * The server names a command; program and arguments come from the owner's configuration alone, no shell is involved. Its environment
 * variables reach the program with the prefix EXEC_, so that no name of theirs (PATH, LD_PRELOAD) means anything to the system.
 * Output is cut at 64 KiB each, time at 30 s, and one command runs at a time.
 */
import { spawn } from "node:child_process";
import type { ExecRequest, ExecResponse } from "./gateway-message.ts";

const maxOutputBytes = 65_536;
const maxStdinBytes = 65_536;
const maxVariables = 64;
const maxRunMs = 30_000;
const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** Name → program and arguments. */
export type AllowedCommands = Readonly<Record<string, readonly string[]>>;

export class CommandRunner {
  readonly #allowed: AllowedCommands;
  readonly #maxRunMs: number;
  #isBusy = false;

  constructor(allowed: AllowedCommands, maxMs: number = maxRunMs) {
    this.#allowed = allowed;
    this.#maxRunMs = maxMs;
  }

  /** Runs the command or says why not; never rejects. */
  async run(request: ExecRequest): Promise<ExecResponse> {
    const program = Object.hasOwn(this.#allowed, request.command) ? this.#allowed[request.command] : undefined;
    if (program === undefined || program.length === 0) {
      return failure(request, "this command is not allowed here: the owner lists them under [[server]] commands");
    }
    if (request.stdin.length > maxStdinBytes) return failure(request, `stdin is over ${maxStdinBytes} bytes`);
    const names = Object.keys(request.environment);
    if (names.length > maxVariables || !names.every((name) => variableName.test(name))) {
      return failure(request, "an environment variable has no usable name, or there are too many");
    }
    if (this.#isBusy) return failure(request, "another command is still running");
    this.#isBusy = true;
    try {
      return await this.#run(request, program);
    } finally {
      this.#isBusy = false;
    }
  }

  #run(request: ExecRequest, program: readonly string[]): Promise<ExecResponse> {
    const env: Record<string, string> = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" };
    for (const [name, value] of Object.entries(request.environment)) env[`EXEC_${name}`] = value.replaceAll("\0", "");
    return new Promise((resolve) => {
      const child = spawn(program[0]!, program.slice(1), { env, stdio: "pipe", detached: true });
      const stdout = new Collected();
      const stderr = new Collected();
      let isTimeUp = false;
      const timer = setTimeout(() => {
        isTimeUp = true;
        stop(child.pid);
      }, this.#maxRunMs);
      const finish = (error: string) => {
        clearTimeout(timer);
        const { gatewayId, execId } = request;
        resolve({ gatewayId, execId, stdout: stdout.bytes(), stderr: stderr.bytes(), error });
      };
      child.stdout.on("data", (data: Buffer) => stdout.add(data));
      child.stderr.on("data", (data: Buffer) => stderr.add(data));
      child.stdin.on("error", () => {});
      child.stdin.end(Buffer.from(request.stdin));
      child.once("error", (cause) => finish(`cannot be started: ${cause.message}`));
      child.once("close", (code, signal) => {
        if (isTimeUp) finish(`stopped after ${this.#maxRunMs / 1000} s`);
        else if (code === 0) finish("");
        else finish(signal === null ? `ended with ${code}` : `ended by ${signal}`);
      });
    });
  }
}

/** Ends the program and what it started. */
function stop(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself in between.
  }
}

class Collected {
  readonly #parts: Buffer[] = [];
  #length = 0;

  add(data: Buffer): void {
    const part = data.subarray(0, maxOutputBytes - this.#length);
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

function failure({ gatewayId, execId }: ExecRequest, error: string): ExecResponse {
  return { gatewayId, execId, stdout: new Uint8Array(0), stderr: new Uint8Array(0), error };
}
