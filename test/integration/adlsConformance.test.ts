import { openLake, startEmulator } from "../helpers/adls";
import { lakeConformance } from "../helpers/lakeConformance";

lakeConformance("Azure by token", async () => openLake(await startEmulator()));
lakeConformance("Azure by account key", async () =>
  openLake(await startEmulator(), { auth: "sharedKey", prefix: "district/ä b" }),
);
lakeConformance("Azure by shared access signature", async () =>
  openLake(await startEmulator(), { auth: "sas", prefix: "district" }),
);
