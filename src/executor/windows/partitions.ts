/** Rows of a window in order: where partitions begin, and where peers (rows equal by ORDER BY) begin. */

/**
 * A section of the window order: all rows, or those of one page. Positions count from the first row of all; arrays have one
 * entry for each row of the section.
 */
export interface WindowOrder {
  /** Position of the section's first row. */
  readonly first: number
  readonly length: number
  /** Groups of peers that begin before the section in its first row's partition. */
  readonly groupsBefore: number
  /** First position of the row's partition, and the one behind its last. */
  readonly partitionStart: Int32Array
  readonly partitionEnd: Int32Array
  /** The same for its peers. */
  readonly peerStart: Int32Array
  readonly peerEnd: Int32Array
}

/** Finds partitions and peers; `isPeer` compares neighbours of one partition. */
export function windowOrder(
  partitions: Int32Array,
  order: Int32Array,
  isPeer: (a: number, b: number) => boolean,
): WindowOrder {
  const length = order.length
  const partitionStart = new Int32Array(length)
  const partitionEnd = new Int32Array(length)
  const peerStart = new Int32Array(length)
  const peerEnd = new Int32Array(length)
  let partition = 0
  let peer = 0
  for (let at = 1; at <= length; at++) {
    const isNewPartition = at === length || partitions[order[at]!] !== partitions[order[at - 1]!]
    if (isNewPartition || !isPeer(order[at - 1]!, order[at]!)) {
      peerStart.fill(peer, peer, at)
      peerEnd.fill(at, peer, at)
      peer = at
    }
    if (isNewPartition) {
      partitionStart.fill(partition, partition, at)
      partitionEnd.fill(at, partition, at)
      partition = at
    }
  }
  return { first: 0, length, groupsBefore: 0, partitionStart, partitionEnd, peerStart, peerEnd }
}
