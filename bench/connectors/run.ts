/** `npm run bench:connectors`: reading rates of the connectors, each against the bare client of its source. */
import { measureMongodb } from './mongodb.js'
import type { ConnectorRate } from './rate.js'
import { measureWarehouses } from './warehouses.js'

const MEASUREMENTS: readonly (() => Promise<readonly ConnectorRate[]>)[] = [
  () => measureMongodb(300_000, 5),
  () => measureWarehouses(100_000, 5),
]

let isMissed = false
for (const measure of MEASUREMENTS) {
  for (const { name, ours, bare, ratio, target } of await measure()) {
    const isMet = ratio >= target
    isMissed ||= !isMet
    const rate = (rows: number): string => `${Math.round(rows / 1000)} k rows/s`
    console.log(
      `${name}: ${rate(ours)}, bare ${rate(bare)}, ${ratio.toFixed(2)} x (target ${target} x${isMet ? '' : ', missed'})`,
    )
  }
}
process.exitCode = isMissed ? 1 : 0
