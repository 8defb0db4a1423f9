/**
 * What the agent writes about itself: one line for each event, as text for people and journald or as JSON for machines.
 *
 * A line is an actor, a sentence and named values. What bad input or a dead peer could repeat without end goes through
 * `complain`: the first line at once, then at most one in each interval with the number of those that were held back.
 * Secrets are never values of a line.
 */
import type { Clock } from "./clock.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A warning that is written once in each interval for each `kind`. */
  complain(kind: string, message: string, fields?: LogFields): void;
  /** The same log for another actor. */
  for(actor: string): Log;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  readonly repeatIntervalMs: number;
  readonly clock: Clock;
  /** Takes one line with its end. */
  readonly write: (line: string) => void;
  /** False under journald, which adds its own. */
  readonly hasTime: boolean;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
/** Kinds of complaints remembered; more than this and the oldest is forgotten, that is: written again. */
const MAX_KINDS = 1000;

/** The log of a process. */
export function createLog(options: LogOptions): Log {
  return actorLog("agent", options, new Map());
}

/** A log that writes nothing, for tests and one-shot commands. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  complain() {},
  for: () => silentLog,
};

interface Complaint {
  readonly sinceMs: number;
  heldBack: number;
}

function actorLog(actor: string, options: LogOptions, complaints: Map<string, Complaint>): Log {
  const line =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (SEVERITY[level] < SEVERITY[options.level]) return;
      options.write(options.format === "json" ? jsonLine(level, message, fields) : textLine(level, message, fields));
    };
  const jsonLine = (level: LogLevel, message: string, fields: LogFields) =>
    `${JSON.stringify({ time: new Date(options.clock.wallMs()).toISOString(), level, actor, message, ...fields })}\n`;
  const textLine = (level: LogLevel, message: string, fields: LogFields) => {
    const time = options.hasTime ? `${new Date(options.clock.wallMs()).toISOString()} ` : "";
    const values = Object.entries(fields).filter(([, value]) => value !== undefined);
    return `${time}${level.toUpperCase().padEnd(5)} ${actor}: ${oneLine(message)}${values.map(fieldText).join("")}\n`;
  };
  const warn = line("warn");
  return {
    debug: line("debug"),
    info: line("info"),
    warn,
    error: line("error"),
    complain(kind, message, fields = {}) {
      const key = `${actor}\n${kind}`;
      const known = complaints.get(key);
      const nowMs = options.clock.nowMs();
      if (known !== undefined && nowMs - known.sinceMs < options.repeatIntervalMs) {
        known.heldBack++;
        return;
      }
      complaints.delete(key);
      if (complaints.size >= MAX_KINDS) complaints.delete(complaints.keys().next().value!);
      complaints.set(key, { sinceMs: nowMs, heldBack: 0 });
      warn(message, known === undefined || known.heldBack === 0 ? fields : { ...fields, heldBack: known.heldBack });
    },
    for: (other) => actorLog(other, options, complaints),
  };
}

function fieldText([name, value]: readonly [string, unknown]): string {
  const text = String(value);
  return ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
}

/** Text from outside may hold line ends; a line stays one line. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
