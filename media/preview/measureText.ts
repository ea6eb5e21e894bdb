import type { MeasureText } from "./columns";

/** Measures in an element's font. */
export function measureTextIn(element: Element): MeasureText {
  const { fontFamily, fontSize, fontWeight } = getComputedStyle(element);
  const context = document.createElement("canvas").getContext("2d");
  return (text, bold = false) => {
    if (!context) return text.length * Number.parseFloat(fontSize) * 0.6;
    context.font = `${bold ? "600" : fontWeight} ${fontSize} ${fontFamily}`;
    return context.measureText(text).width;
  };
}
