import type { FilterPatch } from "../model";
import { textOn } from "./colours";
import type { Look } from "./look";
import { baseOption, type LegendEntry, type MarkLine, type Picture } from "./picture";

export interface Tile {
  readonly name: string;
  readonly value: number;
  /** Of the whole area. */
  readonly share: number;
  readonly colour: string;
  readonly lines: readonly MarkLine[];
  readonly pick?: FilterPatch;
}

/** The share of the whole from which on a tile has room for its name. */
const leastNamed = 0.014;

/** Tiles whose areas are to each other as their values. */
export function treemapPicture(
  tiles: readonly Tile[],
  legend: readonly LegendEntry[],
  format: (value: number) => string,
  look: Look,
): Picture {
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
          cursor: "pointer",
          itemStyle: { borderColor: look.background, borderWidth: 1, gapWidth: 1 },
          label: {
            position: [6, 5],
            fontSize: look.fontSize - 1,
            lineHeight: Math.round(look.fontSize * 1.3),
            overflow: "truncate",
            ellipsis: "…",
            formatter: ({ dataIndex }) => {
              const tile = tiles[dataIndex - 1];
              // A tile too small for a word says nothing; its tooltip does.
              if (!tile || tile.share < leastNamed) return "";
              return `{name|${plain(tile.name)}}${tile.share < 2 * leastNamed ? "" : `\n{value|${format(tile.value)}}`}`;
            },
          },
          emphasis: { itemStyle: { borderColor: look.text }, label: { show: true } },
          data: tiles.map(({ value, colour }, index) => {
            const color = textOn(colour);
            return {
              // Places, not names: what is drawn is the label's business.
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
      // The first node is the one that holds all tiles.
      index: index + 1,
      title: name,
      lines,
      ...(pick ? { pick } : {}),
    })),
    legend,
    height: 320,
  };
}

/** A name without what ECharts would read as a style in a label. */
function plain(name: string): string {
  return name.replaceAll(/[{}|\r\n]+/g, " ");
}
