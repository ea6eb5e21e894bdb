/**
 * Colours and text of the report; the colours are those of the dashboard's charts and safe for red-green colour
 * blindness.
 */
export const theme = {
  name: "Clever Lake",
  dataColors: ["#1f6f8b", "#e08a1e", "#5b4b8a", "#7aa874", "#c2506b", "#2b2d42", "#8ecae6", "#b08968"],
  background: "#ffffff",
  foreground: "#20303a",
  tableAccent: "#1f6f8b",
  textClasses: {
    title: { fontFace: "Segoe UI Semibold", fontSize: 12, color: "#123f4f" },
    label: { fontFace: "Segoe UI", fontSize: 10, color: "#20303a" },
    callout: { fontFace: "Segoe UI Semibold", fontSize: 28, color: "#123f4f" },
  },
};
