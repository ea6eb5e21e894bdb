import { DelayProxy } from "../test/helpers/delayProxy";

// A process of its own, so that the delay is not longer than said when the benchmark itself is at work.
async function main(): Promise<void> {
  const [, , target, oneWayDelay] = process.argv;
  const proxy = await DelayProxy.start({ target: Number(target), oneWayDelay: Number(oneWayDelay) });
  console.log(proxy.port);
}

void main();
