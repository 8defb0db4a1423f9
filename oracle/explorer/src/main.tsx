/** The explorer: one page over the public API of the oracle that serves it. */
import { render } from "preact";
import "./style.css";
import { startLive } from "./live.ts";
import { startRouter } from "./router.ts";
import { Shell } from "./shell.tsx";

const place = document.getElementById("app");
if (place !== null) {
  startRouter();
  startLive();
  place.replaceChildren();
  render(<Shell />, place);
}
