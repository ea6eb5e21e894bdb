import { clipped } from "../formats";
import type { Chart, LegendEntry } from "./chart";
import { type EChartsOption, type EChartsType, init } from "./echarts";
import { paperLook } from "./look";

/** A self-contained image of a chart: a title above, a legend, and notes for the reader below. */
export interface Sheet {
  readonly title: string;
  readonly chart: Chart;
  readonly notes: readonly string[];
}

const width = 1_100;
const margin = 24;
const minHeight = 280;
const noteSize = 12;
const noteLine = 17;
/** The width of a character in notes, a conservative estimate. */
const noteCharacterWidth = 6.85;
/** Notes end before the edge, because the reader's font may be wider. */
const widthOfNotes = (wide: number) => (wide - 2 * margin) * 0.91;

/** SVG has real text; PNG is in base64, at twice its pixel size. */
export type ImageKind = "svg" | "png";

export function drawSheet(sheet: Sheet, kind: ImageKind): string {
  const block = blockOf(sheet, width);
  return kind === "svg" ? svgOf(block) : drawn(block, 2, pngOf);
}

/** The whole page as one image: head, numbers, charts and notes for the reader. */
export interface PageSheet extends Omit<Sheet, "chart"> {
  /** Below the title. */
  readonly lines: readonly string[];
  /** A name, a number and its change each; below them, what the change is compared with. */
  readonly cards: readonly (readonly string[])[];
  readonly cardsNote: string;
  /** Charts that are not wide are placed in pairs. */
  readonly charts: readonly (Sheet & { readonly wide: boolean | undefined })[];
  readonly tables: readonly TableSheet[];
}

/** A table below the charts. */
export interface TableSheet {
  readonly title: string;
  readonly note: string;
  /** `share` is a column's part of the width, relative to other columns. */
  readonly columns: readonly { readonly title: string; readonly share: number; readonly isText: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

/** A page that is too tall for browsers to draw as PNG is drawn smaller. */
export function drawPage(page: PageSheet, kind: ImageKind): string {
  const { blocks, height } = layOut(page);
  if (kind === "svg") {
    const parts = blocks.map(({ x, y, block }) => svgOf(block).replace("<svg ", `<svg x="${x}" y="${y}" `));
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" fill="${paperLook.background}"/>
${parts.join("\n")}
</svg>`;
  }
  const ratio = Math.min(2, maxCanvasHeight / height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.floor(width * ratio), Math.floor(height * ratio)];
  const context = canvas.getContext("2d");
  if (!context) throw new TypeError("The browser cannot draw images.");
  context.fillStyle = paperLook.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const { x, y, block } of blocks)
    drawn(block, ratio, (part) => context.drawImage(part, x * ratio, y * ratio));
  return pngOf(canvas);
}

const maxCanvasHeight = 16_000;

/** A drawable block of a given size. */
interface Block {
  readonly option: EChartsOption;
  readonly width: number;
  readonly height: number;
}

function svgOf({ option, ...size }: Block): string {
  const instance = init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    instance.setOption(option);
    return instance.renderToSVGString();
  } finally {
    instance.dispose();
  }
}

/** Draws a block and passes its canvas to `use`; the canvas is emptied afterwards. */
function drawn<T>(
  { option, ...size }: Block,
  devicePixelRatio: number,
  use: (canvas: HTMLCanvasElement) => T,
): T {
  const canvas = document.createElement("canvas");
  const instance: EChartsType = init(canvas, null, { renderer: "canvas", devicePixelRatio, ...size });
  try {
    instance.setOption(option);
    instance.getZr().flush();
    return use(canvas);
  } finally {
    instance.dispose();
  }
}

function pngOf(canvas: HTMLCanvasElement): string {
  return canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
}

/** The layout of a page, from top to bottom. */
function layOut({ title, lines, cards, cardsNote, charts, tables, notes }: PageSheet) {
  const blocks: { readonly x: number; readonly y: number; readonly block: Block }[] = [];
  let y = 0;
  const add = (...row: readonly Block[]) => {
    row.forEach((block, at) => {
      blocks.push({ x: at * (width / 2), y, block });
    });
    y += Math.max(...row.map(({ height }) => height));
  };
  const column = (width - 2 * margin) / cards.length;
  add(
    textBlock(margin + 36 + lines.length * noteLine, [
      { text: title, top: margin, fontSize: 22, fontWeight: 600 },
      { text: lines.map(plain).join("\n"), top: margin + 34, quiet: true },
    ]),
  );
  add(
    textBlock(margin + 92, [
      ...cards.flatMap(([name = "", value = "", change = ""], at) => {
        const left = margin + at * column;
        return [
          { text: name, top: margin, left, width: column - 8, quiet: true },
          { text: value, top: margin + 18, left, fontSize: 22, fontWeight: 600 },
          { text: change, top: margin + 46, left },
        ];
      }),
      { text: cardsNote, top: margin + 68, quiet: true },
    ]),
  );
  const waiting: Block[] = [];
  for (const { wide, ...sheet } of charts) {
    const block = blockOf(sheet, wide ? width : width / 2);
    if (wide) {
      if (waiting.length > 0) add(...waiting.splice(0));
      add(block);
    } else if (waiting.push(block) === 2) add(...waiting.splice(0));
  }
  if (waiting.length > 0) add(...waiting);
  for (const table of tables) add(tableBlock(table));
  add(
    textBlock(linesOf(notes, width) * noteLine + 2 * margin, [
      { text: notes.map(plain).join("\n"), top: margin, quiet: true },
    ]),
  );
  return { blocks, height: y };
}

const rowLine = 20;
/** The names of columns take up to two lines. */
const headLine = 15;
const headHeight = 2 * headLine + 6;
const columnGap = 12;

function tableBlock({ title, note, columns, rows }: TableSheet): Block {
  const unit = (width - 2 * margin) / columns.reduce((sum, { share }) => sum + share, 0);
  let left = margin;
  const cells = columns.flatMap((column, at): BlockText[] => {
    const wide = column.share * unit;
    const place = column.isText ? { left } : { left: left + wide - columnGap, align: "right" as const };
    left += wide;
    const common = { ...place, width: wide - columnGap, lineHeight: rowLine, isCut: true };
    const text = (row: readonly string[]) => plain(row[at] ?? "");
    return [
      { ...common, text: column.title, top: margin + 54, quiet: true, lineHeight: headLine, isCut: false },
      { ...common, text: rows.map(text).join("\n"), top: margin + 54 + headHeight },
    ];
  });
  return textBlock(margin + 54 + headHeight + (rows.length + 1) * rowLine, [
    { text: title, top: margin, fontSize: 19, fontWeight: 600 },
    { text: note, top: margin + 30, quiet: true },
    ...cells,
  ]);
}

interface BlockText {
  readonly text: string;
  readonly top: number;
  readonly left?: number;
  readonly width?: number;
  readonly fontSize?: number;
  readonly fontWeight?: number;
  readonly quiet?: boolean;
  /** The edge that `left` refers to; the left edge by default. */
  readonly align?: "right";
  readonly lineHeight?: number;
  /** Whether lines that are too long are cut, not broken. */
  readonly isCut?: boolean;
  /** Styles of marked parts of the text. */
  readonly rich?: Readonly<Record<string, object>>;
}

function textBlock(height: number, texts: readonly BlockText[]): Block {
  const title = texts.map((each) => {
    const lineHeight = Math.max(noteLine, (each.fontSize ?? noteSize) * 1.2);
    return titleOf({ lineHeight, width: widthOfNotes(width), ...each });
  });
  return { width, height, option: { animation: false, backgroundColor: paperLook.background, title } };
}

/** A text as a title of ECharts, which has no other texts. */
function titleOf({ text, top, left = margin, align, quiet, isCut, ...style }: BlockText) {
  return {
    left,
    top,
    padding: 0,
    text,
    ...(align ? { textAlign: align } : {}),
    textStyle: {
      color: quiet ? paperLook.quiet : paperLook.text,
      fontFamily: paperLook.font,
      fontSize: noteSize,
      fontWeight: 400,
      overflow: isCut ? ("truncate" as const) : ("break" as const),
      ...style,
    },
  };
}

/** The number of lines that notes take in a block. */
function linesOf(notes: readonly string[], blockWidth: number): number {
  const characters = Math.floor(widthOfNotes(blockWidth) / noteCharacterWidth);
  return notes.reduce((sum, note) => sum + Math.max(1, Math.ceil(note.length / characters)), 0);
}

function blockOf({ title, chart, notes }: Sheet, blockWidth: number): Block {
  // Half a page needs its own title size.
  const [titleSize, legendSize] = blockWidth === width ? [19, 13] : [15, 12];
  const legend = legendOf(chart, blockWidth, legendSize);
  const lines = linesOf(notes, blockWidth);
  const above = margin + 42 + legend.lines * legendLine;
  const below = lines * noteLine + margin + 14;
  const inner = Math.max(chart.height, minHeight);
  const height = above + inner + below;
  return {
    width: blockWidth,
    height,
    option: {
      ...moved(chart.option, above, below),
      animation: false,
      backgroundColor: paperLook.background,
      title: [
        titleOf({
          text: title,
          top: margin,
          fontSize: titleSize,
          fontWeight: 600,
          width: blockWidth - 2 * margin,
          isCut: true,
        }),
        titleOf({
          text: legend.text,
          top: margin + 32,
          fontSize: legendSize,
          lineHeight: legendLine,
          rich: legend.keys,
        }),
        titleOf({
          text: notes.map(plain).join("\n"),
          top: above + inner + 14,
          quiet: true,
          lineHeight: noteLine,
          width: widthOfNotes(blockWidth),
        }),
      ],
    },
  };
}

const legendLine = 22;
/** Characters that look like the marks of the chart. */
const keyCharacters: Readonly<Record<LegendEntry["shape"], string>> = {
  line: "━",
  dashes: "┅",
  ring: "○",
  dot: "●",
  square: "■",
  few: "◇",
  band: "□",
  level: "▤",
  rising: "▨",
  falling: "▧",
  upright: "▥",
  dotted: "░",
};

/** A chart's legend as text with as many lines as it needs, and the styles of its marks. */
function legendOf({ legend }: Chart, blockWidth: number, fontSize: number) {
  const maxCharacters = (blockWidth - 2 * margin) / (0.58 * fontSize);
  const lines: string[][] = [];
  let characters = maxCharacters;
  legend.forEach(({ name, shape }, at) => {
    const text = clipped(plain(name), 60);
    // The mark and the distances around it.
    characters += text.length + 10;
    if (characters > maxCharacters) {
      lines.push([]);
      characters = text.length + 4;
    }
    lines.at(-1)?.push(`{key${at}|${keyCharacters[shape]}}  ${text}`);
  });
  const keys = legend.map(({ colour, shape }, at) => [
    `key${at}`,
    // A band's own colour would be too faint for a character.
    { color: shape === "band" ? paperLook.mark : colour, fontSize: 15 },
  ]);
  return {
    text: lines.map((line) => line.join("      ")).join("\n"),
    lines: lines.length,
    keys: Object.fromEntries(keys),
  };
}

/** The chart's drawing, moved between title and notes. */
function moved(option: EChartsOption, above: number, below: number): EChartsOption {
  const grid = option.grid as { left: number; right: number; top: number; bottom: number };
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

/** A text without the characters that ECharts would interpret as a style. */
function plain(text: string): string {
  return text.replaceAll(/[{}|]+/g, " ");
}
