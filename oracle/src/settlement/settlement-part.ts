/**
 * Settlement as a part of the service: prices and budgets of closed epochs from the chain, and with a key of its own this oracle's log
 * heads, votes and final roots there. All of it rests on what enough endpoints say (chain/agreed-connection.ts).
 */
import { Programs } from "@earshot/programs-client";
import { keypairOf } from "../chain/keypair-file.ts";
import { durationMs } from "../config/values.ts";
import type { ToldTip } from "../ingest/told-tip.ts";
import { ingestsOfEpoch } from "../notices/ingests-of-epoch.ts";
import { appealsAfter, type NoticeKeys } from "../notices/notices-of-epoch.ts";
import { EpochArchive } from "../pipeline/epoch-archive.ts";
import { readerOf } from "../pipeline/log-reader.ts";
import type { MirroredLog } from "../pipeline/mirrored-log.ts";
import { StoredFacts } from "../pipeline/stored-facts.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { sleep, unlessAborted } from "../service/clock.ts";
import type { OracleContext, ServicePart } from "../service/part.ts";
import { RepeatedFailure } from "../service/repeated-failure.ts";
import { LogCopy } from "./log-copy.ts";
import { addressesOf } from "./network-addresses.ts";
import { networkConnection } from "./network-connection.ts";
import { ClosingRecorder } from "./record-closings.ts";
import { RewardsChain, RewardsView } from "./rewards-chain.ts";
import { Settler, type SettlerEvent } from "./settler.ts";

export interface SettlementPartOptions {
  readonly network: NetworkAccount;
  readonly mirrors: readonly MirroredLog[];
  /** Head of this oracle's log as it may be told. */
  readonly told: ToldTip;
  /** Whose appeals count. */
  readonly noticeKeys: NoticeKeys;
}

export function settlementPart(
  context: OracleContext,
  { network, mirrors, told, noticeKeys }: SettlementPartOptions,
): ServicePart {
  const { config, plan, rules, signer, store, artefacts, reportLog, networkClock, clock, log, telemetry } = context;
  const own = log.for("settlement");
  const { key_file, interval, slot } = config.settlement;
  const wallet = key_file === "" ? undefined : keypairOf(key_file, "settlement.key_file");
  const addresses = addressesOf(network);
  const nowMs = () => networkClock.nowMs();
  const archive = new EpochArchive(artefacts);
  const facts = new StoredFacts(store, archive);
  const logReaders = [readerOf(signer.publicKey.toHex(), reportLog, nowMs), ...mirrors];
  const copies = logReaders.map((reader) => new LogCopy(reader, rules.network, Uint8Array.fromHex(reader.name)));
  const counts = { votes: 0, heads: 0, refusals: 0 };
  let finalThrough: number | undefined;
  /** What keeps this oracle from voting, by epoch that is not final. */
  const objections = new Map<number, string>();
  const onEvent = (event: SettlerEvent) => {
    switch (event.kind) {
      case "head_recorded":
        counts.heads++;
        own.debug("the head of the log is on chain", { length: event.length });
        return;
      case "does_not_vote": {
        counts.refusals++;
        objections.set(event.epoch, `does not vote for epoch ${event.epoch}: ${JSON.stringify(event.objections[0])}`);
        own.complain(`vote ${event.epoch}`, "this oracle does not vote", {
          epoch: event.epoch,
          objections: JSON.stringify(event.objections).slice(0, 1000),
        });
        return;
      }
      case "may_vote":
        objections.delete(event.epoch);
        return;
      case "final_through":
        finalThrough = event.epoch;
        for (const epoch of objections.keys()) if (epoch <= event.epoch) objections.delete(epoch);
        return;
      case "voted":
        counts.votes++;
        break;
    }
    own.info(`an epoch is ${event.kind}`, { epoch: event.epoch });
  };
  const connection = networkConnection(context);
  const reader = { connection, programs: new Programs(connection) };
  const view = new RewardsView(reader, addresses);
  const closings = new ClosingRecorder({
    chain: view,
    facts,
    store,
    plan,
    appealsAfter: async (closed) =>
      appealsAfter(archive, closed, { ...noticeKeys, ingestKeys: await ingestsOfEpoch(archive, closed) }),
  });
  /** What is said on chain; undefined for an oracle that says nothing there. */
  const settler =
    wallet &&
    new Settler({
      chain: new RewardsChain({ ...reader, payer: wallet, slotMs: durationMs(slot) }, addresses),
      closings,
      store,
      artefacts,
      copies,
      own: {
        ingestKey: signer.publicKey,
        tip: async () => told.at(nowMs()),
        // The head is told this late.
        lateMs: rules.withholdMs,
      },
      network: rules.network,
      time: rules.parameters.time,
      onEvent,
    });
  const settle = async () => {
    if (settler !== undefined) return settler.step();
    onEvent({ kind: "final_through", epoch: (await view.state()).nextFinal - 1 });
    await closings.step();
  };
  const failure = new RepeatedFailure();
  const away = new Map(mirrors.map((mirror) => [mirror, new RepeatedFailure()]));
  /** A peer that is away holds up votes that need its log (objections.ts), and nothing else. */
  const follow = async (mirror: MirroredLog) => {
    try {
      await mirror.step();
      away.get(mirror)!.succeeded();
    } catch (error) {
      own.complain(`mirror ${mirror.name}`, "the log of a peer cannot be followed", {
        ingest: mirror.name,
        error: away.get(mirror)!.failed(error),
      });
    }
  };
  const peerFault = () => [...away.values()].find(({ fault }) => fault !== undefined)?.fault;
  telemetry.counter("oracle_votes_total", "Votes of this oracle for roots of epochs.", () => counts.votes);
  telemetry.counter("oracle_log_heads_total", "Heads of this oracle's log put on chain.", () => counts.heads);
  telemetry.counter(
    "oracle_vote_refusals_total",
    "Looks at an epoch that ended in an objection.",
    () => counts.refusals,
  );
  telemetry.gauge("oracle_epoch_final", "The last epoch that is final on chain.", () => finalThrough);
  return {
    name: "settlement",
    async run(stop) {
      while (!stop.aborted) {
        try {
          const step = async () => {
            // What the others have is needed before it is judged whether to vote.
            await Promise.all(mirrors.map(follow));
            await settle();
          };
          // A chain that is gone is waited for long; a service that ends does not: every act can be asked for again.
          await unlessAborted(step(), stop);
          failure.succeeded();
        } catch (error) {
          own.complain("step", "settlement cannot go on and will try again", { error: failure.failed(error) });
        }
        await sleep(clock, durationMs(interval), stop);
      }
    },
    fault: () => failure.fault ?? objections.values().next().value ?? peerFault(),
  };
}
