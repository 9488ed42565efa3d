/** What an operator's parts need to put rows on disk. */
import type { Pace } from '../pace.js'
import type { SpillFile } from './spill-file.js'

export interface SpillSpace {
  readonly file: SpillFile
  /** The statement's limit, by which the sizes of buffers are chosen. */
  readonly memoryLimit: number
  readonly pace: Pace
}
