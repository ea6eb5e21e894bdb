import type { FilterPatch } from "../model";
import { textOn } from "./colours";
import type { Look } from "./look";
import { baseOption, type LegendEntry, type MarkLine, type Picture } from "./picture";

export interface Tile {
  readonly name: string;
  readonly value: number;
  /** Share of the whole area. */
  readonly share: number;
  readonly colour: string;
  readonly lines: readonly MarkLine[];
  readonly pick?: FilterPatch;
}

const height = 320;
/** Width of a letter in a tile's label, and of the label's edges, in pixels. */
const [letterWidth, edges] = [7, 12];
/** The minimum number of letters to show of a longer name. */
const lettersOfName = 4;
/** The height-to-width ratio of tiles: most are below the first value, hardly any above the second. */
const [steep, steepest] = [1.4, 2.4];

/** Tiles with areas proportional to their values. */
export function treemapPicture(
  tiles: readonly Tile[],
  legend: readonly LegendEntry[],
  format: (value: number) => string,
  look: Look,
): Picture {
  // Estimated from the label width, which is at most a third of a picture's width; the actual width is unknown here.
  const area = (look.labelWidth / 0.3 - 50) * height;
  const letters = (tile: Tile, steepness: number) =>
    (Math.sqrt((tile.share * area) / steepness) - edges) / letterWidth;
  return {
    option: {
      ...baseOption(look),
      series: [
        {
          type: "treemap",
          left: 0,
          right: 0,
          top: 0,
          bottom: 0,
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          itemStyle: { borderColor: look.background, borderWidth: 1, gapWidth: 1 },
          label: {
            position: [0, 0],
            // Part of the width that names are cut to, unlike an offset.
            padding: [5, 6],
            fontSize: look.fontSize - 1,
            lineHeight: Math.round(look.fontSize * 1.3),
            overflow: "truncate",
            ellipsis: "…",
            formatter: ({ dataIndex }) => {
              const tile = tiles[dataIndex - 1];
              // A tile too small for a word has no label, and a number is never cut off; its tooltip has both.
              if (!tile || letters(tile, steep) < Math.min(tile.name.length, lettersOfName)) return "";
              const value = format(tile.value);
              return `{name|${plain(tile.name)}}${letters(tile, steepest) < value.length ? "" : `\n{value|${value}}`}`;
            },
          },
          emphasis: { itemStyle: { borderColor: look.text }, label: { show: true } },
          data: tiles.map(({ value, colour }, index) => {
            const color = textOn(colour);
            return {
              // Indexes, not names: the label decides what is drawn.
              name: String(index),
              value,
              itemStyle: { color: colour },
              label: {
                color,
                rich: { name: { color, fontWeight: 600 }, value: { color, fontSize: look.fontSize - 2 } },
              },
            };
          }),
        },
      ],
    },
    marks: tiles.map(({ name, lines, pick }, index) => ({
      series: 0,
      // The first node is the one that contains all tiles.
      index: index + 1,
      title: name,
      lines,
      pick,
    })),
    legend,
    height,
  };
}

/** A name without the characters that ECharts would interpret as style in a label. */
function plain(name: string): string {
  return name.replaceAll(/[{}|\r\n]+/g, " ");
}
