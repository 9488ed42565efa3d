/** What histograms of either server are read for. */
import type { DiscoveredColumn } from '../connector.js'

/** What a server knows of a column's values; what it does not is absent. */
export type Distribution = Pick<
  DiscoveredColumn,
  'distinct' | 'nullFraction' | 'min' | 'max' | 'width' | 'mostCommon' | 'histogram'
>

/** Numbers and dates only: the text of other types is not what we compare by. */
export const ORDERED = /^(smallint|integer|bigint|numeric|real|double precision|date|timestamp)/
