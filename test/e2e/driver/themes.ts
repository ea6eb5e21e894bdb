/** The colour themes of the screenshots: setting, label in the palette, class of the workbench, kind in webviews. */
export const themes = {
  dark: { id: "Dark Modern", label: "Dark Modern", cssClass: "vs-dark", kind: "vscode-dark" },
  light: { id: "Light Modern", label: "Light Modern", cssClass: "vs", kind: "vscode-light" },
  highContrast: {
    id: "Default High Contrast",
    label: "Dark High Contrast",

    cssClass: "hc-black",
    kind: "vscode-high-contrast",
  },
  highContrastLight: {
    id: "Default High Contrast Light",
    label: "Light High Contrast",

    cssClass: "hc-light",
    kind: "vscode-high-contrast-light",
  },
} as const;

export type Theme = keyof typeof themes;

export const everyTheme = ["dark", "light", "highContrast", "highContrastLight"] as const;
