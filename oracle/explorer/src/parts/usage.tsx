/** What a payer was billed for in an epoch, by device and by cell. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../format.ts";
import { useLive } from "../live.ts";
import type { Session } from "../wallet/session.ts";
import { Figure } from "./figure.tsx";
import { CellLink } from "./links.tsx";
import { Shown } from "./states.tsx";
import { TableHead } from "./table-head.tsx";
import { useSigned } from "./use-signed.ts";
import { Wide } from "./wide.tsx";

interface UsageLine {
  readonly copies: number;
  readonly packets: number;
  readonly dataCredits: number;
}

interface Usage extends UsageLine {
  readonly epoch: number;
  readonly devices: readonly (UsageLine & { readonly devAddr: string })[];
  readonly devicesInAll: number;
  readonly cells: readonly (UsageLine & { readonly cell: string | null })[];
  readonly cellsInAll: number;
}

export function UsageShown({ session, payer }: { readonly session: Session; readonly payer: string }) {
  const [epoch, setEpoch] = useState<number>();
  const { epochs } = useLive();
  const query = epoch === undefined ? "" : `?epoch=${epoch}`;
  const answer = useSigned<Usage>(session, `/v1/payers/${payer}/usage${query}`);
  return (
    <>
      <h2>Usage</h2>
      <label class="field">
        Epoch
        <select
          onChange={(event) =>
            setEpoch(event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value))
          }
        >
          <option value="">latest</option>
          {[...(epochs ?? [])].reverse().map((one) => (
            <option key={one} value={one} selected={one === epoch}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <Shown
        answer={answer}
        what="the usage"
        empty={({ copies }) => (copies === 0 ? "Nothing was billed to this wallet in the epoch." : null)}
      >
        {(usage) => (
          <>
            <dl class="figures">
              <Figure name="packets">{count(usage.packets)}</Figure>
              <Figure name="copies">
                {count(usage.copies)} ({(usage.copies / usage.packets).toFixed(2)} a packet)
              </Figure>
              <Figure name="data credits">{count(usage.dataCredits)}</Figure>
              <Figure name="devices">{count(usage.devicesInAll)}</Figure>
            </dl>
            <div class="split">
              <UsageTable
                title={`By device${usage.devicesInAll > usage.devices.length ? ", the largest" : ""}`}
                lines={usage.devices.map(({ devAddr, ...line }) => [<span class="code">{devAddr}</span>, line])}
              />
              <UsageTable
                title={`By cell${usage.cellsInAll > usage.cells.length ? ", the largest" : ""}`}
                lines={usage.cells.map(({ cell, ...line }) => [<CellLink cell={cell} />, line])}
              />
            </div>
          </>
        )}
      </Shown>
    </>
  );
}

function UsageTable({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: readonly (readonly [ComponentChildren, UsageLine])[];
}) {
  return (
    <Wide label={title}>
      <table>
        <caption>{title}</caption>
        <TableHead
          columns={[
            title.split(",")[0]!.slice(3),
            { number: "Packets" },
            { number: "Copies" },
            { number: "Data credits" },
          ]}
        />
        <tbody>
          {lines.map(([name, { packets, copies, dataCredits }], at) => (
            <tr key={at}>
              <th scope="row">{name}</th>
              <td class="number">{count(packets)}</td>
              <td class="number">{count(copies)}</td>
              <td class="number">{count(dataCredits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
