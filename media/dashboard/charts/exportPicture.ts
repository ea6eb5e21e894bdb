import { clipped } from "../formats";
import { type EChartsOption, type EChartsType, init } from "./echarts";
import { paperLook } from "./look";
import type { Picture } from "./picture";

/** A picture that stands for itself: with its title above, its legend, and below what a reader must know. */
export interface Sheet {
  readonly title: string;
  readonly picture: Picture;
  readonly notes: readonly string[];
}

const width = 1_100;
const margin = 24;
const noteSize = 12;
const noteLine = 17;
/** Letters that fit in a line of notes, on the cautious side. */
const lettersInLine = 140;
/** Notes end so far before the edge: another reader's font may be wider. */
const notesWidth = 960;

/** As SVG; its texts are texts. */
export function drawSvg(sheet: Sheet): string {
  const { option, height } = optionOf(sheet);
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** As PNG in base64, at twice its size in pixels. */
export function drawPng(sheet: Sheet): string {
  const { option, height } = optionOf(sheet);
  const canvas = document.createElement("canvas");
  const chart: EChartsType = init(canvas, null, { renderer: "canvas", devicePixelRatio: 2, width, height });
  try {
    chart.setOption(option);
    chart.getZr().flush();
    return canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
  } finally {
    chart.dispose();
  }
}

function optionOf({ title, picture, notes }: Sheet): { option: EChartsOption; height: number } {
  const lines = notes.reduce((sum, note) => sum + Math.max(1, Math.ceil(note.length / lettersInLine)), 0);
  const above = margin + (picture.legend.length > 0 ? 66 : 42);
  const below = lines * noteLine + margin + 14;
  const inner = Math.max(picture.height, 280);
  const height = above + inner + below;
  const common = { left: margin, padding: 0 };
  const legend = picture.legend.map(({ name, colour }, at) => ({
    text: `{key${at}|■}  ${clipped(plain(name), 30)}`,
    colour,
    at,
  }));
  const keys = Object.fromEntries(
    legend.map(({ colour, at }) => [`key${at}`, { color: colour, fontSize: 15 }]),
  );
  return {
    height,
    option: {
      ...moved(picture.option, above, below),
      animation: false,
      backgroundColor: paperLook.background,
      title: [
        {
          ...common,
          top: margin,
          text: title,
          textStyle: {
            color: paperLook.text,
            fontSize: 19,
            fontWeight: 600,
            width: width - 2 * margin,
            overflow: "truncate",
          },
        },
        {
          ...common,
          top: margin + 32,
          text: legend.map(({ text }) => text).join("      "),
          textStyle: {
            color: paperLook.text,
            fontSize: 13,
            fontWeight: 400,
            width: width - 2 * margin,
            overflow: "truncate",
            rich: keys,
          },
        },
        {
          ...common,
          top: above + inner + 14,
          text: notes.map(plain).join("\n"),
          textStyle: {
            color: paperLook.quiet,
            fontSize: noteSize,
            lineHeight: noteLine,
            fontWeight: 400,
            width: notesWidth,
            overflow: "break",
          },
        },
      ],
    },
  };
}

/** The picture's drawing between title and notes. */
function moved(option: EChartsOption, above: number, below: number): EChartsOption {
  const grid = option.grid as { left: number; right: number; top: number; bottom: number } | undefined;
  if (grid) {
    return {
      ...option,
      grid: {
        left: grid.left + margin,
        right: grid.right + margin,
        top: grid.top + above,
        bottom: grid.bottom + below,
      },
    };
  }
  const series = [option.series]
    .flat()
    .map((each) => ({ ...each, left: margin, right: margin, top: above, bottom: below }));
  return { ...option, series } as EChartsOption;
}

/** A text without what ECharts would read as a style in it. */
function plain(text: string): string {
  return text.replaceAll(/[{}|]+/g, " ");
}
