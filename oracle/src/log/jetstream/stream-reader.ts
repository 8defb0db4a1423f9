/** Messages of a stream in order, from a sequence on: what ordered consumers give, with an end. */
import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { patiently } from "./nats-connection.ts";

export interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly header: (name: string) => string;
  /** Messages behind this one at the moment. */
  readonly pending: number;
}

export interface StreamReadOptions {
  readonly stream: string;
  /** One subject, wildcards allowed; all when left out. */
  readonly subject?: string | undefined;
  readonly from: number;
  readonly follow: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Leaves the data out. */
  readonly headersOnly?: boolean;
}

/** Messages the server sends ahead. */
const AHEAD = 256;

/** Ends when the signal says so, or, without `follow`, behind what is stored when reading gets there. Throws ORC_LOG_UNAVAILABLE. */
export async function* readStream(
  connection: NatsConnection,
  options: StreamReadOptions,
): AsyncGenerator<StreamMessage> {
  const { stream, subject, from, follow, signal, headersOnly = false } = options;
  const isOver = () => signal?.aborted === true;
  const consumer = await patiently(`read ${stream}`, () =>
    jetstream(connection).consumers.get(stream, {
      ...(subject === undefined ? {} : { filter_subjects: subject }),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      headers_only: headersOnly,
    }),
  );
  try {
    if (!follow && (await patiently(`read ${stream}`, () => consumer.info())).num_pending === 0) return;
    if (isOver()) return;
    const messages = await consumer.consume({ max_messages: AHEAD });
    const stop = () => void messages.close();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const message of messages) {
        const { seq, data, headers, info } = message;
        const header = (name: string) => headers?.get(name) ?? "";
        yield { sequence: seq, subject: message.subject, data, header, pending: info.pending };
        if (isOver() || (!follow && info.pending === 0)) return;
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      await messages.close();
    }
  } finally {
    await consumer.delete().catch(() => false);
  }
}
