/** Notices as a part of the service. They are no news of a window, but nothing of them is counted before their segment is public. */
import type { VerifyKey } from "@earshot/poc/protocol";
import type { ReceiveOrder } from "../ingest/receive-order.ts";
import type { ServiceContext, ServicePart } from "../service/part.ts";
import { NoticeIntake } from "./notice-intake.ts";
import { noticeRoutes } from "./notice-routes.ts";

/** A payer with a thousand disputed packets puts them into one notice. */
const PER_SIGNER = { perSecond: 0.1, size: 20 };
const PER_ADDRESS = { perSecond: 1, size: 100 };
/** Limits that have filled up again are forgotten this often, ticks. */
const SWEEP_TICKS = 60;

/** `order`: the ingest's; `governanceKey`: what outcomes of appeals are signed with. */
export function noticePart(
  {
    rules,
    signer,
    registry,
    reportLog,
    networkClock,
    clock,
  }: Pick<ServiceContext, "rules" | "signer" | "registry" | "reportLog" | "networkClock" | "clock">,
  order: ReceiveOrder,
  governanceKey: VerifyKey | undefined,
): ServicePart {
  const intake = new NoticeIntake({
    network: rules.network,
    signer,
    registry,
    log: reportLog,
    order,
    governanceKey,
    perSigner: PER_SIGNER,
    perAddress: PER_ADDRESS,
    nowMs: () => networkClock.nowMs(),
    steadyMs: () => clock.steadyMs(),
    epochAt: rules.epochAt,
  });
  let ticks = 0;
  return {
    name: "notices",
    uncountedRoutes: (scope) => noticeRoutes(scope, intake),
    tick() {
      if (++ticks % SWEEP_TICKS === 0) intake.sweep();
    },
  };
}
