/** The words that values of the TPC-H tables are made of (TPC-H specification, 4.2.2.13 and 4.2.3). */

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Name of a nation and the key of its region. */
export const NATIONS: readonly (readonly [string, number])[] = [
  ...([['ALGERIA', 0], ['ARGENTINA', 1], ['BRAZIL', 1], ['CANADA', 1], ['EGYPT', 4]] as const), // prettier-ignore
  ...([['ETHIOPIA', 0], ['FRANCE', 3], ['GERMANY', 3], ['INDIA', 2], ['INDONESIA', 2]] as const), // prettier-ignore
  ...([
    ['IRAN', 4],
    ['IRAQ', 4],
    ['JAPAN', 2],
    ['JORDAN', 4],
    ['KENYA', 0],
  ] as const),
  ...([['MOROCCO', 0], ['MOZAMBIQUE', 0], ['PERU', 1], ['CHINA', 2], ['ROMANIA', 3]] as const), // prettier-ignore
  ...([
    ['SAUDI ARABIA', 4],
    ['VIETNAM', 2],
    ['RUSSIA', 3],
    ['UNITED KINGDOM', 3],
  ] as const),
  ['UNITED STATES', 1],
]

export const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'] as const
export const SEGMENTS = words('AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD')
export const PRIORITIES = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'] as const
export const INSTRUCTIONS = [
  ...['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'],
] as const
export const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'] as const

export const TYPE_SIZES = words('STANDARD SMALL MEDIUM LARGE ECONOMY PROMO')
export const TYPE_FINISHES = words('ANODIZED BURNISHED PLATED POLISHED BRUSHED')
export const TYPE_METALS = words('TIN NICKEL BRASS STEEL COPPER')
export const CONTAINER_SIZES = words('SM LG MED JUMBO WRAP')
export const CONTAINER_KINDS = words('CASE BOX BAG JAR PKG PACK CAN DRUM')

export const COLORS = words(`
  almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished
  chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab
  firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory
  khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty
  moccasin navajo navy olive orange orchid pale papaya peach peru pink plum powder puff purple red
  rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle
  tomato turquoise violet wheat white yellow`)

export const COMMENT_WORDS = words(`
  furiously carefully quickly slyly blithely express regular final ironic pending special bold
  unusual even silent packages deposits accounts requests ideas instructions theodolites pinto beans
  foxes dependencies platelets sleep wake haggle nag cajole use boost detect integrate above along
  among against the of after`)
