/** A payer's invoices: each a bill with the burns that paid it, as CSV to keep. */
import { useState } from "preact/hooks";
import { count } from "../format.ts";
import { useHas } from "../parts-of-api.ts";
import { askSignedText, type Session } from "../wallet/session.ts";
import { Code } from "./links.tsx";
import { Shown } from "./states.tsx";
import { TableHead } from "./table-head.tsx";
import { useSigned } from "./use-signed.ts";
import { Wide } from "./wide.tsx";

interface InvoiceSummary {
  readonly epoch: number;
  readonly billHash: string;
  readonly dataCredits: string;
  readonly burnt: string;
  readonly owed: string;
  readonly isPaid: boolean;
}

export function Invoices({ session, payer }: { readonly session: Session; readonly payer: string }) {
  const has = useHas("invoices");
  const [fault, setFault] = useState<string>();
  const take = (epoch: number) => {
    setFault(undefined);
    download(session, payer, epoch).catch((cause: Error) =>
      setFault(`The invoice of epoch ${epoch} cannot be had: ${cause.message}.`),
    );
  };
  const answer = useSigned<{ readonly invoices: readonly InvoiceSummary[] }>(
    session,
    has === true ? `/v1/payers/${payer}/invoices` : null,
  );
  return (
    <>
      <h2>Invoices</h2>
      {has === false && <p class="note empty">This oracle keeps no bills: it shows closed epochs from disk.</p>}
      <Shown
        answer={answer}
        what="the invoices"
        empty={({ invoices }) => (invoices.length === 0 ? "No epoch has a bill for this wallet." : null)}
      >
        {({ invoices }) => (
          <Wide label="Invoices">
            <table>
              <TableHead
                columns={["Epoch", { number: "Data credits" }, { number: "Burnt" }, "State", "Bill", "Download"]}
              />
              <tbody>
                {invoices.map((invoice) => (
                  <tr key={invoice.epoch}>
                    <th scope="row">{invoice.epoch}</th>
                    <td class="number">{count(BigInt(invoice.dataCredits))}</td>
                    <td class="number">{count(BigInt(invoice.burnt))}</td>
                    <td>
                      {invoice.isPaid ? (
                        <span class="tag good">paid</span>
                      ) : (
                        <span class="tag bad">{count(BigInt(invoice.owed))} owed</span>
                      )}
                    </td>
                    <td>
                      <Code text={invoice.billHash} />
                    </td>
                    <td>
                      <button type="button" class="second" onClick={() => take(invoice.epoch)}>
                        CSV <span class="visually-hidden">of epoch {invoice.epoch}</span>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Wide>
        )}
      </Shown>
      {fault !== undefined && (
        <p class="note failed" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

/** A link cannot carry a signature, so the file is fetched and handed to the browser. */
async function download(session: Session, payer: string, epoch: number): Promise<void> {
  const text = await askSignedText(session, `/v1/payers/${payer}/invoices/${epoch}.csv`);
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `invoice-${epoch}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
