/**
 * Which upload bodies are read at all: a body says its length first, room for a long one is taken before its first byte, and it must keep
 * coming.
 *
 * So the memory of bodies that are under way is bounded however many clients are slow, and a client that stalls gives its room back. Short
 * bodies, which nearly all are, take no room: the number of connections bounds them.
 */
export interface AdmissionLimits {
  /** Bytes of all bodies under way together. */
  readonly maxBytes: number;
  /** Longest body. */
  readonly maxBodyBytes: number;
  /** Time every body is given, and the slowest rate beyond it. */
  readonly graceMs: number;
  readonly minBytesPerMs: number;
}

/** Bodies up to this take no room, bytes: 100 witness reports have 5 kB. */
export const SHORT_BODY_BYTES = 16 * 1024;

export interface Admission {
  /** Room that it takes. */
  readonly bytes: number;
  readonly deadlineMs: number;
  /** Ends the connection. */
  readonly cut: () => void;
}

export type AdmissionRefusal = "no_length" | "oversized" | "full";

export class BodyAdmission {
  readonly #limits: AdmissionLimits;
  readonly #open = new Set<Admission>();
  #bytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Bytes of room that are taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes room for a body with this Content-Length; give it back with `leave`. */
  enter(contentLength: string | undefined, steadyMs: number, cut: () => void): Admission | AdmissionRefusal {
    const { maxBytes, maxBodyBytes, graceMs, minBytesPerMs } = this.#limits;
    if (contentLength === undefined || !/^[0-9]{1,15}$/.test(contentLength)) return "no_length";
    const length = Number(contentLength);
    if (length > maxBodyBytes) return "oversized";
    const bytes = length > SHORT_BODY_BYTES ? length : 0;
    if (this.#bytes + bytes > maxBytes) return "full";
    const admission = { bytes, deadlineMs: steadyMs + graceMs + length / minBytesPerMs, cut };
    this.#open.add(admission);
    this.#bytes += bytes;
    return admission;
  }

  /** The body is there, or will never be; once is enough. */
  leave(admission: Admission): void {
    if (this.#open.delete(admission)) this.#bytes -= admission.bytes;
  }

  /** Cuts off every body that is overdue; about once a second. Their number. */
  cutOverdue(steadyMs: number): number {
    let cut = 0;
    for (const admission of this.#open) {
      if (admission.deadlineMs > steadyMs) continue;
      this.leave(admission);
      admission.cut();
      cut++;
    }
    return cut;
  }
}
