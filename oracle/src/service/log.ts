/**
 * What the service writes about itself: NDJSON lines of pino on stderr or wherever it is told. The door to pino.
 *
 * Nothing about a report, an upload or who sent one is ever a line: a line could be read while a challenge's window is open. What bad
 * input or a dead peer could repeat without end goes through `complain`: once per kind and interval, with the number held back.
 */
import { type DestinationStream, type Logger, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A warning that is written once in each interval for each `kind`. */
  complain(kind: string, message: string, fields?: LogFields): void;
  /** The same log for another part of the service. */
  for(part: string): Log;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly repeatIntervalMs: number;
  readonly steadyMs: () => number;
  /** Takes one line with its end. */
  readonly write: (line: string) => void;
}

/** Kinds of complaints remembered; more than this and the oldest is forgotten, that is: written again. */
const MAX_KINDS = 1000;

interface Complaint {
  readonly sinceMs: number;
  heldBack: number;
}

/** The log of a process. */
export function createLog(options: LogOptions): Log {
  const destination: DestinationStream = { write: (line) => options.write(line) };
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level } },
    destination,
  );
  return partLog("oracle", logger, options, new Map());
}

/** A log that writes nothing. */
export const SILENT_LOG: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  complain() {},
  for: () => SILENT_LOG,
};

function level(label: string) {
  return { level: label };
}

function partLog(part: string, logger: Logger, options: LogOptions, complaints: Map<string, Complaint>): Log {
  const child = logger.child({ part });
  const line =
    (name: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      child[name](fields, message);
  const warn = line("warn");
  return {
    debug: line("debug"),
    info: line("info"),
    warn,
    error: line("error"),
    complain(kind, message, fields = {}) {
      const key = `${part}\n${kind}`;
      const known = complaints.get(key);
      const nowMs = options.steadyMs();
      if (known !== undefined && nowMs - known.sinceMs < options.repeatIntervalMs) {
        known.heldBack++;
        return;
      }
      complaints.delete(key);
      if (complaints.size >= MAX_KINDS) complaints.delete(complaints.keys().next().value!);
      complaints.set(key, { sinceMs: nowMs, heldBack: 0 });
      warn(message, known === undefined || known.heldBack === 0 ? fields : { ...fields, heldBack: known.heldBack });
    },
    for: (other) => partLog(other, logger, options, complaints),
  };
}
