/** Kernels written over canonical texts, for functions whose arguments can be of any type or NULL. */
import type { Datum } from '../../types/sql-type.js'
import { datumAt, vectorFromDatums } from '../../types/vectors/vector-ops.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { Kernel, KernelCall } from './kernel.js'

/** Makes a kernel of a function of a row's canonical texts; of strict functions it never sees a NULL. */
export function datumWise(
  prepare: (call: KernelCall, inputs: readonly Vector[]) => (...cells: Datum[]) => Datum,
): Kernel {
  return (inputs, call) => {
    const apply = prepare(call, inputs)
    const rows: Datum[] = []
    for (let i = 0; i < call.length; i++) {
      rows.push(call.nulls?.[i] === 1 ? null : apply(...inputs.map((input) => datumAt(input, i))))
    }
    return vectorFromDatums(call.type, rows)
  }
}
