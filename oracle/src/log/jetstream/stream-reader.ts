/** Messages of a stream in order, from a sequence on: what ordered consumers give, with an end. */
import { DeliverPolicy, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { isNotFound, patiently } from "./nats-connection.ts";

export interface StreamAccess {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

export interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly header: (name: string) => string;
  /** Messages behind this one, as far as the node knows that serves the reader. */
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
  { connection, manager }: StreamAccess,
  options: StreamReadOptions,
): AsyncGenerator<StreamMessage> {
  const { stream, subject, from, follow, signal, headersOnly = false } = options;
  const isOver = () => signal?.aborted === true;
  const end = follow ? Number.POSITIVE_INFINITY : await lastSequence(manager, stream, subject ?? ">");
  if (end < from) return;
  const consumer = await patiently(`read ${stream}`, () =>
    jetstream(connection).consumers.get(stream, {
      ...(subject === undefined ? {} : { filter_subjects: subject }),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      headers_only: headersOnly,
    }),
  );
  try {
    if (isOver()) return;
    const messages = await consumer.consume({ max_messages: AHEAD });
    const stop = () => void messages.close();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const message of messages) {
        const { seq, data, headers, info } = message;
        const header = (name: string) => headers?.get(name) ?? "";
        yield { sequence: seq, subject: message.subject, data, header, pending: info.pending };
        if (isOver() || seq >= end) return;
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      await messages.close();
    }
  } finally {
    await consumer.delete().catch(() => false);
  }
}

/** Asked of the stream's leader, since the node that serves a reader may lag behind. 0 when there is no such message. */
function lastSequence(manager: JetStreamManager, stream: string, subject: string): Promise<number> {
  return patiently(`read ${stream}`, async () => {
    try {
      return (await manager.streams.getMessage(stream, { last_by_subj: subject }))?.seq ?? 0;
    } catch (error) {
      if (isNotFound(error)) return 0;
      throw error;
    }
  });
}
