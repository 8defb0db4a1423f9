export function HotspotPage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Hotspot</h1>
    </section>
  );
}
