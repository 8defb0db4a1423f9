/** Who else may look into the organisation or change it. */
import { useState } from "preact/hooks";
import { isWalletText } from "../../wallet/base58.ts";
import { Code } from "../links.tsx";
import { TableHead } from "../table-head.tsx";
import { Wide } from "../wide.tsx";
import type { Change, Organisation } from "./use-organisation.ts";

interface MembersProps {
  readonly organisation: Organisation;
  readonly change: Change;
  readonly isBusy: boolean;
}

export function Members({ organisation: { members, role, limits }, change, isBusy }: MembersProps) {
  const isOwner = role === "owner";
  return (
    <section aria-labelledby="members">
      <h3 id="members">Members</h3>
      {members.length === 0 ? (
        <p class="note empty">Nobody but the wallet and its route keys.</p>
      ) : (
        <Wide label="Members">
          <table>
            <TableHead columns={["Name", "Wallet", "May", ...(isOwner ? ["Change"] : [])]} />
            <tbody>
              {members.map(({ member, name, role }) => (
                <tr key={member}>
                  <th scope="row">{name}</th>
                  <td>
                    <Code text={member} />
                  </td>
                  <td>{role === "editor" ? "look and change" : "look"}</td>
                  {isOwner && (
                    <td>
                      <button
                        type="button"
                        class="second"
                        disabled={isBusy}
                        onClick={() => void change("DELETE", `/members/${member}`)}
                      >
                        Remove <span class="visually-hidden">{name}</span>
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      {isOwner && members.length < limits.members && <AddMember change={change} isBusy={isBusy} />}
    </section>
  );
}

function AddMember({ change, isBusy }: Pick<MembersProps, "change" | "isBusy">) {
  const [name, setName] = useState("");
  const [wallet, setWallet] = useState("");
  const [role, setRole] = useState("viewer");
  const fault =
    wallet === "" || isWalletText(wallet) ? undefined : "That is no wallet: expected the base58 text of 32 bytes.";
  return (
    <details>
      <summary>Add a member</summary>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          const made = await change("PUT", `/members/${wallet}`, { role, name });
          if (made === undefined) return;
          setName("");
          setWallet("");
        }}
      >
        <label class="field">
          Name
          <input required maxLength={64} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          Wallet
          <input
            required
            spellcheck={false}
            value={wallet}
            onInput={(event) => setWallet(event.currentTarget.value.trim())}
          />
        </label>
        <label class="field">
          May
          <select value={role} onChange={(event) => setRole(event.currentTarget.value)}>
            <option value="viewer">look</option>
            <option value="editor">look and change</option>
          </select>
        </label>
        {fault !== undefined && (
          <p class="note" role="status">
            {fault}
          </p>
        )}
        <button type="submit" disabled={isBusy || fault !== undefined}>
          Add the member
        </button>
      </form>
    </details>
  );
}
