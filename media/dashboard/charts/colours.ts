/**
 * Eight colours each, which can be told apart by lightness even with red-green or blue-yellow colour blindness. Each
 * has a contrast of at least 3:1 with its background (checked by test/unit/dashboardPageParts.test.ts).
 */
export const lightPalette = [
  "#19639f",
  "#cf6c1e",
  "#178d6d",
  "#7a50c8",
  "#785700",
  "#364e5f",
  "#d04f8f",
  "#3590c7",
];
export const darkPalette = [
  "#7cb0e6",
  "#f18f4f",
  "#38c6a2",
  "#ad7df3",
  "#ebc33d",
  "#d2d9e2",
  "#e485b8",
  "#3a7fb7",
];

/** Black or white, whichever has more contrast on a colour given as `#rrggbb`. */
export function textOn(colour: string): string {
  return luminance(colour) > 0.179 ? "#000000" : "#ffffff";
}

/** Relative luminance as defined in WCAG 2. */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
