/** The browser's door to h3-js. */
export { cellToBoundary, cellToLatLng, cellToParent, getResolution, isValidCell, latLngToCell } from "h3-js";
