/** Signing in with a keypair file, chosen or pasted; nothing of it leaves the page. */
import { useState } from "preact/hooks";
import { signIn, signOut, useSession } from "../wallet/session.ts";
import { Code } from "./links.tsx";

export function SignIn({ who }: { readonly who: string }) {
  const session = useSession();
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string>();
  if (session !== undefined) {
    return (
      <p class="row">
        <span>
          Signed in as <Code text={session.wallet} />
        </span>
        <button type="button" class="second" onClick={signOut}>
          Sign out
        </button>
      </p>
    );
  }
  const tryText = (given: string) => {
    setFault(undefined);
    signIn(given).then(
      () => setText(""),
      (error: Error) => setFault(error.message),
    );
  };
  return (
    <section aria-labelledby="sign-in">
      <h2 id="sign-in">Sign in as {who}</h2>
      <p>
        With the wallet's keypair file. The browser keeps the key so that it cannot be read back, only until the page is
        closed, and signs questions to this oracle, lines such as <code>earshot-owner GET /v1/… TIME</code>, and what
        you change of an organisation on this page, <code>earshot-change …</code>. Whatever spends or changes something
        on chain is signed by the <code>earshot</code> command, which this page writes for you.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          tryText(text);
        }}
      >
        <label class="field">
          Keypair file
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => {
              const input = event.currentTarget;
              void input.files?.[0]?.text().then(tryText);
              input.value = "";
            }}
          />
        </label>
        <label class="field">
          or its text
          <textarea
            rows={2}
            autocomplete="off"
            spellcheck={false}
            value={text}
            placeholder="[12,34,…]"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={text.trim() === ""}>
          Sign in
        </button>
      </form>
      {fault !== undefined && (
        <p class="note failed" role="alert">
          {fault}
        </p>
      )}
    </section>
  );
}
