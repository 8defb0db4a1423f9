/** Puts reports into the shuffle of a JetStream log, those of a partition in their order. */
import type { JetStreamClient } from "@nats-io/jetstream";
import type { ShuffleBatch } from "../../ports/report-log.ts";
import { checkShuffle } from "../check-shuffle.ts";
import type { LogStreams } from "./log-streams.ts";
import { patiently } from "./nats-connection.ts";
import { type ReportMessage, reportMessages } from "./report-message.ts";
import { hex } from "./upload-message.ts";

/** How long a shuffle goes on trying, ms. */
const SHUFFLE_MS = 30_000;

export class ReportShuffle {
  readonly #client: JetStreamClient;
  readonly #names: LogStreams;
  readonly #partitions: number;
  #last: Promise<void> = Promise.resolve();

  constructor(client: JetStreamClient, names: LogStreams, partitions: number) {
    this.#client = client;
    this.#names = names;
    this.#partitions = partitions;
  }

  /** Settles when the server has all of it. Throws ORC_BAD_OPTION, ORC_LOG_UNAVAILABLE. */
  publish(batches: readonly ShuffleBatch[]): Promise<void> {
    // One call after the other: a message of a partition must be acknowledged before the next one is sent.
    const turn = this.#last.then(() => this.#publish(batches));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Settles when nothing is under way; never rejects. */
  idle(): Promise<void> {
    return this.#last;
  }

  async #publish(batches: readonly ShuffleBatch[]): Promise<void> {
    checkShuffle(batches);
    const byPartition = reportMessages(batches, this.#partitions);
    await Promise.all([...byPartition.values()].map((messages) => this.#publishInOrder(messages)));
  }

  async #publishInOrder(messages: readonly ReportMessage[]): Promise<void> {
    for (const { payload, data } of messages) {
      const subject = `earshot.report.${this.#names.log}.${hex(payload)}`;
      const msgID = new Bun.CryptoHasher("sha256").update(data).digest("hex");
      const publish = () => this.#client.publish(subject, data, { msgID, retries: 0 });
      await patiently(`shuffle into ${this.#names.reports}`, publish, SHUFFLE_MS);
    }
  }
}
