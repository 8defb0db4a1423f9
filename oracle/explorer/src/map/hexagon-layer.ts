/**
 * deck.gl's layer of filled polygons, reduced to what the map needs: flat hexagons in the plane of the map, each in one colour.
 *
 * deck.gl's own shader projects every corner from degrees, lights it and prepares it for picking; in software that is most of a frame.
 * Here a corner is multiplied by one matrix. The layer, its attributes and how they get to the renderer stay deck.gl's.
 */
import { SolidPolygonLayer } from "@deck.gl/layers";
import type { CellMesh } from "./cell-mesh.ts";

/** `project`: deck.gl's uniforms. Close to the ground it moves the origin to the centre of the view, where floats are exact enough. */
const VERTEX_SHADER = `#version 300 es
in vec3 vertexPositions;
in vec4 fillColors;
out vec4 colour;
void main() {
  gl_Position = project.viewProjectionMatrix * vec4(vertexPositions.xy - project.commonOrigin.xy, 0.0, 1.0) + project.center;
  colour = fillColors;
}`;
const FRAGMENT_SHADER = `#version 300 es
precision mediump float;
in vec4 colour;
out vec4 fragment;
void main() {
  fragment = colour;
}`;

class FlatPolygons extends SolidPolygonLayer {
  static override layerName = "FlatPolygons";

  override getShaders(type: "top" | "side"): object {
    return { ...super.getShaders(type), vs: VERTEX_SHADER, fs: FRAGMENT_SHADER };
  }

  // Half a pixel at the closest zoom.
  override use64bitPositions(): boolean {
    return false;
  }
}

/** `colours`: four bytes for every corner of the mesh. */
export function hexagonLayer(mesh: CellMesh, colours: Uint8ClampedArray): FlatPolygons {
  const data = {
    length: mesh.count,
    startIndices: mesh.starts,
    attributes: {
      getPolygon: { value: mesh.corners, size: 2 },
      indices: { value: mesh.triangles, size: 1 },
      getFillColor: { value: colours, size: 4 },
    },
  };
  return new FlatPolygons({
    id: "cells",
    data,
    coordinateSystem: "cartesian",
    _normalize: false,
    // Cells do not overlap.
    parameters: { depthWriteEnabled: false, depthCompare: "always" },
  });
}
