import { type HierarchyRectangularNode, hierarchy, treemap } from "d3-hierarchy";
import type { FilterPatch } from "../model";
import { baseOption, type Chart, type LegendEntry, type MarkLine } from "./chart";
import { textOn } from "./colours";
import type { Look } from "./look";

export interface Tile {
  readonly name: string;
  readonly value: number;
  readonly colour: string;
  readonly lines: readonly MarkLine[];
  readonly pick?: FilterPatch;
}

const height = 320;
/** Space between tiles, and between a tile's edge and its label, in pixels. */
const [gap, edge] = [2, 6];
/** Upper limit for the width of a character, relative to the font size. */
const characterWidth = 0.62;
/** The minimum number of characters to show of a longer name. */
const minNameCharacters = 5;

/** Tiles with areas proportional to their values. */
export function treemapChart(
  tiles: readonly Tile[],
  legend: readonly LegendEntry[],
  format: (value: number) => string,
  look: Look,
): Chart {
  const placesIn = layoutOf(tiles);
  const axis = { type: "value", show: false } as const;
  return {
    option: {
      ...baseOption(look),
      // Only for the space that it leaves to the tiles: an exported image has a title above and notes below.
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: axis,
      yAxis: axis,
      series: [
        {
          type: "custom",
          data: tiles.map(({ value }) => [value, value]),
          renderItem: ({ dataIndex, coordSys }) => {
            const tile = tiles[dataIndex];
            const space = coordSys as Space;
            const place = placesIn(space)[dataIndex];
            if (!tile || !place) return;
            const [x, y] = [space.x + place.x0, space.y + place.y0];
            const size = { width: place.x1 - place.x0, height: place.y1 - place.y0 };
            return {
              type: "group",
              children: [
                {
                  type: "rect",
                  shape: { x, y, ...size },
                  style: { fill: tile.colour },
                  emphasis: { style: { stroke: look.text, lineWidth: 1 } },
                },
                ...labelOf(tile.name, format(tile.value), size, look.fontSize - 1).map((line) => ({
                  type: "text" as const,
                  x: x + edge,
                  y: y + edge + line.top,
                  style: { ...line.style, fill: textOn(tile.colour), fontFamily: look.font },
                })),
              ],
            };
          },
        },
      ],
    },
    marks: tiles.map(({ name, lines, pick }, index) => ({ series: 0, index, title: name, lines, pick })),
    legend,
    height,
  };
}

/** The grid's rectangle, as ECharts gives it to a custom series. */
interface Space {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Area {
  readonly value?: number;
  readonly children?: readonly Tile[];
}

/** The layout of the tiles in a chart, computed once for each size. */
function layoutOf(tiles: readonly Tile[]) {
  let size = "";
  let places: readonly HierarchyRectangularNode<Area>[] = [];
  return ({ width, height }: Space) => {
    if (size !== `${width} ${height}`) {
      size = `${width} ${height}`;
      const root = hierarchy<Area>({ children: tiles });
      const layout = treemap<Area>().size([width, height]).paddingInner(gap).round(true);
      places = layout(root.sum(({ value = 0 }) => value)).leaves();
    }
    return places;
  };
}

/** The lines of a tile's label that fit: a name may be cut to a few characters, but a number never. */
function labelOf(name: string, value: string, size: { width: number; height: number }, fontSize: number) {
  const width = size.width - 2 * edge;
  const lineHeight = Math.round(1.4 * fontSize);
  const characters = width / (characterWidth * fontSize);
  const lines = Math.floor((size.height - 2 * edge) / lineHeight);
  // A tile too small for a word has no label; its tooltip has both.
  if (lines < 1 || characters < Math.min(name.length, minNameCharacters)) return [];
  const text = { fontSize, width, overflow: "truncate" as const, ellipsis: "…" };
  return [
    { top: 0, style: { ...text, text: name.replaceAll(/\s+/g, " "), fontWeight: 600 as const } },
    ...(lines > 1 && characters >= value.length
      ? [{ top: lineHeight, style: { text: value, fontSize: fontSize - 1 } }]
      : []),
  ];
}
