import { DelayProxy } from "../test/helpers/delayProxy";

// In a separate process, so that the benchmark's load does not add to the delay.
async function main(): Promise<void> {
  const [, , target, oneWayDelay] = process.argv;
  const proxy = await DelayProxy.start({ target: Number(target), oneWayDelay: Number(oneWayDelay) });
  console.log(proxy.port);
}

void main();
