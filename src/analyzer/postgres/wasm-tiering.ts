/** How eagerly V8 optimises the WASM modules of this process: the local PostgreSQL, and its parser. */
import { setFlagsFromString } from 'node:v8'

/**
 * How much of a WASM function's code runs before V8 optimises the function, in bytes. With V8's own 1.8 million,
 * starting alone has hundreds of PostgreSQL's functions optimised, which leaves some 25 MB with the allocator that it
 * never gives back. Long loops over rows still get there.
 */
const BUDGET = 500_000_000

/** To be called before a module is loaded; the setting is the whole process's. */
export function optimiseWasmLate(): void {
  setFlagsFromString(`--wasm-tiering-budget=${BUDGET}`)
}
