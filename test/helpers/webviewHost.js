// Runs in a page before its own script, like the code that VS Code adds to every webview.
// JavaScript: the page gets the file as it is.
const { kind, state, variables } = globalThis.webviewSetup;
let kept = state;

globalThis.acquireVsCodeApi = () => ({
  postMessage: (message) => globalThis.sendMessage(message),
  getState: () => kept,
  setState: (next) => {
    kept = next;
    globalThis.keepState(next);
  },
});

document.addEventListener("DOMContentLoaded", () => {
  document.body.classList.add(kind);
  for (const [name, value] of Object.entries(variables)) {
    document.documentElement.style.setProperty(name, value);
  }
});
