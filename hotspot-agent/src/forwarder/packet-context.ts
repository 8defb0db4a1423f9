/**
 * The context of an uplink: what ChirpStack hands back verbatim with a downlink that answers it.
 *
 * The forwarder's own context, then the receive time in ms (u64, big-endian). The time is there because the concentrator's counter
 * wraps every 71.6 min: a downlink for a packet replayed after that would land in a wrong slot of the future.
 */

const timeBytes = 8;

/** Four bytes big-endian, as ChirpStack's own forwarders have it. */
export function tmstContext(tmst: number): Uint8Array {
  return Uint8Array.of(tmst >>> 24, tmst >>> 16, tmst >>> 8, tmst);
}

/** The forwarder's context followed by the receive time; `receivedMs` is an integer ≥ 0. */
export function packetContext(own: Uint8Array, receivedMs: number): Uint8Array {
  const at = own.length;
  const context = new Uint8Array(at + timeBytes);
  for (let i = 0; i < at; i++) context[i] = own[i];
  let low = receivedMs >>> 0;
  let high = Math.floor(receivedMs / 2 ** 32);
  for (let i = 3; i >= 0; i--) {
    context[at + i] = high;
    context[at + 4 + i] = low;
    high >>>= 8;
    low >>>= 8;
  }
  return context;
}

export interface OpenedContext {
  /** What the forwarder gave, a view of the input. */
  readonly own: Uint8Array;
  readonly receivedMs: number;
}

/** Reads a context; null when it is none of ours. */
export function openContext(context: Uint8Array): OpenedContext | null {
  const at = context.length - timeBytes;
  if (at < 0) return null;
  const receivedMs = Number(new DataView(context.buffer, context.byteOffset).getBigUint64(at));
  return Number.isSafeInteger(receivedMs) ? { own: context.subarray(0, at), receivedMs } : null;
}

/** The concentrator's counter in a GWMP forwarder's context; null when there is none. */
export function tmstOfContext(own: Uint8Array): number | null {
  return own.length === 4 ? ((own[0] << 24) | (own[1] << 16) | (own[2] << 8) | own[3]) >>> 0 : null;
}
