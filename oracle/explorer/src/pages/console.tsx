export function ConsolePage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Console</h1>
    </section>
  );
}
