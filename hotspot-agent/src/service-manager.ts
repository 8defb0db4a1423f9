/**
 * Tells systemd how the agent is (sd_notify): ready, alive, stopping, and a sentence for `systemctl status`.
 *
 * The protocol is one datagram per message to the Unix socket in NOTIFY_SOCKET. Bun opens no Unix datagram sockets, so this is
 * the one file that calls libc. Without NOTIFY_SOCKET, or where libc cannot be called, it does nothing.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import type { Clock } from "./clock.ts";

export interface ServiceManager {
  ready(): void;
  /** Resets the watchdog: to be sent at least every `watchdogMs`. */
  alive(): void;
  status(sentence: string): void;
  stopping(): void;
  /** How often systemd wants to hear from us at the least; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
}

export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** Size of sun_path (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 108;
/** MSG_DONTWAIT | MSG_NOSIGNAL: systemd that does not read must never stop the agent. */
const SEND_FLAGS = 0x40 | 0x4000;

const nobody: ServiceManager = { ready() {}, alive() {}, status() {}, stopping() {}, watchdogMs: undefined };

/** The service manager that started this process; `pid` is ours. */
export function serviceManager(environment: ServiceEnvironment, pid: number): ServiceManager {
  const send = openNotifySocket(environment.NOTIFY_SOCKET ?? "");
  if (send === undefined) return nobody;
  const { WATCHDOG_USEC = "", WATCHDOG_PID = String(pid) } = environment;
  const watchdogMs =
    /^[1-9][0-9]*$/.test(WATCHDOG_USEC) && WATCHDOG_PID === String(pid) ? Number(WATCHDOG_USEC) / 1000 : undefined;
  return {
    ready: () => send("READY=1"),
    alive: () => send("WATCHDOG=1"),
    status: (sentence) => send(`STATUS=${sentence.replaceAll("\n", " ")}`),
    stopping: () => send("STOPPING=1"),
    watchdogMs,
  };
}

/** Resets systemd's watchdog in time and says how it goes; the answer ends it. */
export function keepAlive(manager: ServiceManager, clock: Clock, sentence: () => string): () => void {
  const { watchdogMs } = manager;
  if (watchdogMs === undefined) return () => {};
  let cancel = () => {};
  const tell = () => {
    manager.alive();
    manager.status(sentence());
    cancel = clock.after(watchdogMs / 3, tell);
  };
  tell();
  return () => cancel();
}

/** A function that sends one message, or undefined if there is nobody to tell. `@` starts an abstract name. */
function openNotifySocket(path: string): ((message: string) => void) | undefined {
  const name = Buffer.from(path.replace(/^@/, "\0"));
  if (name.length === 0 || name.length >= MAX_SOCKET_PATH_BYTES) return undefined;
  const libc = openLibc();
  const fd = libc?.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0) ?? -1;
  if (libc === undefined || fd < 0) return undefined;
  // struct sockaddr_un: the family (native order, little-endian on both architectures), then the path. An abstract name has no end.
  const isAbstract = name[0] === 0;
  const address = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  address[0] = AF_UNIX;
  address.set(name, 2);
  return (message) => {
    const bytes = Buffer.from(message);
    libc.sendto(fd, ptr(bytes), bytes.length, SEND_FLAGS, ptr(address), address.length);
  };
}

function openLibc() {
  try {
    return dlopen("libc.so.6", {
      socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
      sendto: {
        args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
        returns: FFIType.i64,
      },
    }).symbols;
  } catch {
    return undefined;
  }
}
