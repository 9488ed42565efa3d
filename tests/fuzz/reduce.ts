/** Makes a failing statement smaller while it still fails. */
import { smaller, type SqlNode } from './sql-tree.js'

/** Takes every smaller tree that still fails, until none does or there is no time left. */
export async function reduce(
  tree: SqlNode,
  fails: (tree: SqlNode) => Promise<boolean>,
  isOver: () => boolean,
): Promise<SqlNode> {
  let best = tree
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const candidate of smaller(best)) {
      if (isOver()) return best
      if (!(await fails(candidate))) continue
      best = candidate
      isSmaller = true
      break
    }
  }
  return best
}
