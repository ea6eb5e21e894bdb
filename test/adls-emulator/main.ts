import type { Token } from "./bearer";
import { AdlsEmulator, type AdlsEmulatorOptions } from "./emulator";
import type { FaultRule } from "./faults";

/** The requests of the parent process, over Node's IPC channel. */
export type Order =
  | { readonly order: "start"; readonly options: AdlsEmulatorOptions }
  | { readonly order: "inject"; readonly rule: FaultRule }
  | { readonly order: "clearFaults" }
  | { readonly order: "setTokens"; readonly tokens: readonly Token[] }
  | { readonly order: "requests" }
  | { readonly order: "clearLog" };

let emulator: AdlsEmulator | undefined;

async function carryOut(message: Order): Promise<unknown> {
  if (message.order === "start") {
    emulator = await AdlsEmulator.start(message.options);
    const { url, port, account, key, certificate } = emulator;
    return { url, port, account, key, certificate };
  }
  if (emulator === undefined) throw new Error("The emulator was not started.");
  switch (message.order) {
    case "inject":
      return emulator.inject(message.rule);
    case "clearFaults":
      return emulator.clearFaults();
    case "setTokens":
      return emulator.setTokens(message.tokens);
    case "requests":
      return emulator.requests;
    case "clearLog":
      return emulator.clearLog();
  }
}

process.on("message", ({ id, message }: { id: number; message: Order }) => {
  carryOut(message).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
// It ends with its parent, however that ends.
process.on("disconnect", () => process.exit());
