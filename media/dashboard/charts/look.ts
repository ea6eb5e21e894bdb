import { darkPalette, lightPalette } from "./colours";

/** Colours and sizes for the charts; ECharts cannot read CSS variables. */
export interface Look {
  readonly contrast: boolean;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly background: string;
  /** Lines and dots on bands: darker than other lines, because they have a meaning. */
  readonly mark: string;
  /** Background of quiet days. */
  readonly band: string;
  readonly palette: readonly string[];
  readonly font: string;
  readonly fontSize: number;
  /** Space for the names next to horizontal bars, in pixels. */
  readonly labelWidth: number;
  /** The width of a chart that is as wide as the page, in pixels. */
  readonly wideWidth: number;
  /** Whether animation is off. */
  readonly still: boolean;
}

/** The look of charts outside VS Code: dark on white, like documents. */
export const paperLook: Look = {
  contrast: false,
  text: "#1f1f1f",
  quiet: "#5a5a5a",
  line: "#e3e3e3",
  mark: "#a6a6a6",
  background: "#ffffff",
  band: "#f0f0f0",
  palette: lightPalette,
  // Without quotation marks: ECharts writes it into SVG attributes unescaped.
  font: "Segoe UI, system-ui, Ubuntu, Droid Sans, sans-serif",
  fontSize: 13,
  labelWidth: 190,
  wideWidth: 1_000,
  still: true,
};

/** The look of the page in its current theme. */
export function lookOf(body: HTMLElement, widths: Pick<Look, "labelWidth" | "wideWidth">): Look {
  const style = getComputedStyle(body);
  const read = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  const contrast = body.matches(".vscode-high-contrast, .vscode-high-contrast-light");
  const dark = body.matches(".vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light)");
  const text = read("--vscode-foreground", dark ? "#cccccc" : "#3b3b3b");
  const border = read("--vscode-contrastBorder", text);
  return {
    contrast,
    text,
    quiet: read("--vscode-descriptionForeground", text),
    line: contrast ? border : dark ? "rgba(255,255,255,0.12)" : "rgba(0,0,0,0.11)",
    mark: contrast ? border : dark ? "rgba(255,255,255,0.32)" : "rgba(0,0,0,0.32)",
    background: read("--vscode-editor-background", dark ? "#1f1f1f" : "#ffffff"),
    band: dark ? "rgba(255,255,255,0.06)" : "rgba(0,0,0,0.05)",
    palette: dark ? darkPalette : lightPalette,
    font: style.fontFamily,
    fontSize: Number.parseFloat(style.fontSize) || 13,
    ...widths,
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}
