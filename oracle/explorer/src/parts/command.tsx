/** A command to run where the wallet's key is: written out in full, simulated before it is committed. */

export function Command({ words, note }: { readonly words: readonly string[]; readonly note?: string }) {
  const text = ["earshot", ...words.map(quoted)].join(" ");
  return (
    <div class="command">
      <pre>{text}</pre>
      <p class="row">
        <button type="button" class="second" onClick={(event) => copy(event.currentTarget, text)}>
          Copy
        </button>
        <span class="quiet">
          {note ?? "Shows what would happen;"} with <code>--commit</code> it is sent.
        </span>
      </p>
    </div>
  );
}

function copy(button: HTMLButtonElement, text: string): void {
  void navigator.clipboard?.writeText(text).then(() => {
    button.textContent = "Copied";
  });
}

/** As a POSIX shell reads one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
