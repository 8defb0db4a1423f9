/** An ingest of tests as a process, to be killed: `FOLDER DEVICES`. Prints its address. */
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { hotspotAccount, TestDevice } from "./test-device.ts";
import { TestService } from "./test-service.ts";

const [folder, devices] = process.argv.slice(2);
const service = await TestService.start({ folder: folder!, clock: SYSTEM_CLOCK });
for (let number = 1; number <= Number(devices); number++) {
  service.registry.putHotspot(hotspotAccount(new TestDevice(number).key), 1);
}
process.stdout.write(`${await service.listen()}\n`);
