/** Frame bounds that move along with the rows, page by page: GROUPS and RANGE with an offset. */
import type { Vector } from '../../types/vectors/vector.js'
import { concatVectors, isNullAt } from '../../types/vectors/vector-ops.js'
import type { CompiledWindow } from './compiled-window.js'
import { plainBound, rangeTestOf } from './frames.js'
import type { Frames, RangeTest } from './frames.js'
import type { PagedColumn, PagedRows } from './paged-rows.js'
import type { WindowOrder } from './partitions.js'
import type { WindowLayout } from './window-layout.js'

type Side = 'start' | 'end'

/** Computes the frames of sections that come in their order. */
export class PagedFrames {
  readonly #window: CompiledWindow
  readonly #bounds: Readonly<Record<Side, MovingBound | undefined>>

  constructor(
    window: CompiledWindow,
    layout: WindowLayout,
    rows: PagedRows,
    keys: PagedColumn | undefined,
  ) {
    this.#window = window
    const moving = (side: Side): MovingBound | undefined => {
      const { kind } = window.frame[side]
      if (kind !== 'preceding' && kind !== 'following') return undefined
      if (window.frame.mode === 'groups') {
        const { number } = window.offsets[side]
        const by = kind === 'preceding' ? -number : number
        return groupBound(layout, side === 'start' ? by : by + 1)
      }
      return keys && rangeBound(window, rows, keys, side)
    }
    this.#bounds = { start: moving('start'), end: moving('end') }
  }

  async section(order: WindowOrder, page: number): Promise<Frames> {
    const { frame, offsets } = this.#window
    const bound = async (side: Side): Promise<Int32Array> =>
      plainBound(frame, order, offsets[side], side) ?? (await this.#bounds[side]!(order, page))
    return { starts: await bound('start'), ends: await bound('end') }
  }
}

type MovingBound = (order: WindowOrder, page: number) => Promise<Int32Array> | Int32Array

/** The beginning of the group that comes so many groups after the row's own; the partition's ends where there is none. */
function groupBound(layout: WindowLayout, by: number): MovingBound {
  let pointer = 0
  /** Number of the row's group in its partition. */
  let group = 0
  return (order) => {
    const bounds = new Int32Array(order.length)
    for (let row = 0; row < order.length; row++) {
      const at = order.first + row
      const end = order.partitionEnd[row]!
      const forward = (): void => void (pointer = Math.min(layout.groupFrom(pointer + 1), end))
      if (order.partitionStart[row] === at) {
        pointer = at
        group = 0
        for (let step = 0; step < by && pointer < end; step++) forward()
      } else if (order.peerStart[row] === at) {
        group++
        if (group + by > 0) forward()
      }
      bounds[row] = pointer
    }
    return bounds
  }
}

/** As `rangeBound` in memory: rows whose key is NULL see each other only. The key at the pointer may lie on another page. */
function rangeBound(
  window: CompiledWindow,
  rows: PagedRows,
  keys: PagedColumn,
  side: Side,
): MovingBound {
  const isStart = side === 'start'
  let pointer = 0
  return async (order, page) => {
    const own = await keys.page(page)
    const bounds = new Int32Array(order.length)
    let place = { first: 0, length: 0 }
    let other: Vector = own
    let inRange: RangeTest = () => false
    const load = async (): Promise<void> => {
      const number = rows.pageOf(pointer)
      place = rows.pages[number]!
      other = await keys.page(number)
      const key = window.rangeKeyOf(concatVectors([other, own]))
      inRange = rangeTestOf(window.frame, side, window.offsets[side], key)
    }
    for (let row = 0; row < order.length; row++) {
      const isNull = isNullAt(own, row)
      if (order.partitionStart[row] === order.first + row) {
        pointer = isNull ? order.peerEnd[row]! : order.first + row
      }
      if (isNull) {
        bounds[row] = isStart ? order.peerStart[row]! : order.peerEnd[row]!
        continue
      }
      while (pointer < order.partitionEnd[row]!) {
        if (pointer < place.first || pointer >= place.first + place.length) await load()
        const at = pointer - place.first
        if (isNullAt(other, at) || inRange(at, place.length + row) === isStart) break
        pointer++
      }
      bounds[row] = pointer
    }
    return bounds
  }
}
