/**
 * deck.gl's layer of filled polygons, reduced to what the map needs: flat hexagons in the plane of the map, each in one colour.
 *
 * deck.gl's own shader projects every corner from degrees, lights it and prepares it for picking; in software that is most of a frame.
 * Here a corner is multiplied by one matrix, and a hexagon is one triangle of which the middle is painted (cell-mesh.ts). The layer, its
 * attributes and how they get to the renderer stay deck.gl's.
 */
import { SolidPolygonLayer } from "@deck.gl/layers";
import type { CellMesh } from "./cell-mesh.ts";

/**
 * `share`: how much of a place is each corner's, less a third, of two corners; those of all three sum to nothing. `project`: deck.gl's
 * uniforms. Close to the ground it moves the origin to the centre of the view, where floats are exact enough.
 */
const VERTEX_SHADER = `#version 300 es
in vec3 vertexPositions;
in vec4 fillColors;
flat out vec4 colourAndReach;
out vec2 share;
void main() {
  gl_Position = project.viewProjectionMatrix * vec4(vertexPositions.xy - project.commonOrigin.xy, 0.0, 1.0) + project.center;
  int corner = gl_VertexID % 3;
  share = vec2(corner == 0, corner == 1) - 1.0 / 3.0;
  colourAndReach = fillColors;
}`;

/** The sides of a hexagon are smoothed here, over a pixel: the renderer would do it by painting four times as many. */
const FRAGMENT_SHADER = `#version 300 es
precision highp float;
flat in vec4 colourAndReach;
in vec2 share;
out vec4 fragment;
void main() {
  float off = max(max(abs(share.x), abs(share.y)), abs(share.x + share.y));
  float painted = clamp((colourAndReach.a - off) / fwidth(off) + 0.5, 0.0, 1.0);
  fragment = vec4(colourAndReach.rgb, OPACITY * painted);
}`;

/** Of the hexagons over land and coast. */
const OPACITY = 0.804;

class TiplessTriangles extends SolidPolygonLayer {
  static override layerName = "TiplessTriangles";

  override getShaders(type: "top" | "side"): object {
    const shaders = super.getShaders(type);
    return { ...shaders, vs: VERTEX_SHADER, fs: FRAGMENT_SHADER, defines: { ...shaders.defines, OPACITY } };
  }

  // Half a pixel at the closest zoom.
  override use64bitPositions(): boolean {
    return false;
  }
}

/** `colours`: of `cornerColours`. */
export function hexagonLayer(mesh: CellMesh, colours: Uint8ClampedArray): TiplessTriangles {
  const data = {
    length: mesh.count,
    startIndices: mesh.starts,
    attributes: {
      getPolygon: { value: mesh.corners, size: 2 },
      indices: { value: mesh.order, size: 1 },
      getFillColor: { value: colours, size: 4 },
    },
  };
  return new TiplessTriangles({
    id: "cells",
    data,
    coordinateSystem: "cartesian",
    _normalize: false,
    // Cells do not overlap.
    parameters: { depthWriteEnabled: false, depthCompare: "always" },
  });
}
